"""What the data can and cannot carry, analysis by analysis, in words."""

import streamlit as st

from core import readiness
from core.analyses import MODULES
from core.dataset import Dataset
from core.schema import TABLES
from dashboard import i18n, navigation
from dashboard.i18n import safe, t, term

ICONS = {
    "ready": ":green[:material/check_circle:]",
    "partly": ":green[:material/check_circle:]",
    "little": ":orange[:material/error:]",
    "missing": ":red[:material/cancel:]",
}


def carried(dataset: Dataset) -> None:
    """One line per analysis: ready, better with more, too little, or what is missing."""
    table = readiness.readiness(dataset)
    for (name,), rows in table.group_by("analysis", maintain_order=True):
        said = [_said(row) for row in rows.iter_rows(named=True)]
        st.markdown(f"{ICONS[rows['readiness'][0]]} **{title(str(name))}** – " + i18n.joined(said))
    reasons = dataset.reconciliation
    if reasons is not None:
        kept = int(reasons.reasons.filter(reason="kept")["rows"].sum())
        aside = int(reasons.reasons["rows"].sum()) - kept
        st.caption(
            t(
                "{kept:integer} rows of your files are counted here, {aside:integer} were set "
                "aside: the Data page says why.",
                kept=kept,
                aside=aside,
            )
        )


def title(analysis: str) -> str:
    """What the menu calls the page of an analysis."""
    titles = {file: said for file, said, _ in navigation.MENU}
    file = MODULES.get(analysis, analysis)
    return t(titles[file]) if file in titles else term(analysis)


def _said(row: dict[str, object]) -> str:
    missing = row["missing"]
    names = i18n.listed(map(_name, missing)) if isinstance(missing, list) else ""
    if row["readiness"] == "missing":
        return safe("cannot be answered: your file has no column for {names}.", names=names)
    if row["readiness"] == "little":
        return safe(
            "there is little to go by: {fact:label} {have:integer}, better {wanted:integer}.",
            fact=row["fact"],
            have=row["have"],
            wanted=row["wanted"],
        )
    if row["readiness"] == "partly":
        return safe("works; it would tell more with {names}.", names=names)
    return safe("has all it needs.")


def _name(missing: str) -> str:
    """A column by its term; an optional table as a list to upload."""
    if missing in TABLES:
        return {
            "products": t("a product list"),
            "customers": t("a customer list"),
            "stock": t("a stock list"),
        }.get(missing, term(missing))
    return term(missing)
