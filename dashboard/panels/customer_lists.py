"""Take-away lists of a segment for mailing and advertising tools."""

import polars as pl
import streamlit as st

from core import spreadsheet
from core.errors import CoreError
from core.intake.addresses import addresses
from core.intake.load import Upload
from core.measures import customer_lists
from dashboard import i18n, state, ui
from dashboard.charts.segments import named
from dashboard.i18n import t, term

#: Rows of a list that are shown before it is downloaded.
PREVIEW = 5


def reasons(members: pl.DataFrame) -> pl.Series:
    """Why each customer is on the list, in the reader's language: days, orders, revenue."""
    parts = [
        pl.concat_str(pl.lit(term(name) + t(": ")), pl.col(name).round(0).cast(pl.Int64))
        for name in ("recency_days", "orders", "revenue")
    ]
    return members.select(reason=pl.concat_str(parts, separator=" · ")).to_series()


def take_away(members: pl.DataFrame, name: str) -> None:
    """The list of the segment for a mailing or advertising tool."""
    if state.secret() is not None:
        st.info(t("Customer names are hidden: show them to take a list away."))
        return
    left, right = st.columns(2, vertical_alignment="bottom")
    tool = left.selectbox(
        t("For"), customer_lists.TOOLS, format_func=term, key="builder.tool",
        persist_state="session",
    )  # fmt: skip
    advertising = tool in customer_lists.ADVERTISING
    hashed = right.toggle(
        t("Hash the addresses (SHA-256)"), value=True, disabled=not advertising, key="builder.hash"
    )
    known = None if customer_lists.has_addresses(members) else _asked(members)
    if tool == "google" and known is None and not customer_lists.has_addresses(members):
        st.info(t("Google matches by e-mail only; your file has none."))
        return
    groups = named(members, "rfm_segment")["rfm_segment"]
    why = reasons(members)

    def table(rows: int) -> pl.DataFrame:
        return customer_lists.take_away(
            members.head(rows), tool, groups.head(rows), why.head(rows), hashed=hashed,
            addresses=known,
        )  # fmt: skip

    st.dataframe(table(PREVIEW).to_arrow(), hide_index=True, placeholder="–")
    st.download_button(
        t("Download the list"),
        lambda: spreadsheet.safe(table(members.height)).write_csv().encode(),
        f"{i18n.clean(name, 40) or 'segment'}_{tool}.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
    )


def _asked(members: pl.DataFrame) -> pl.DataFrame | None:
    """Addresses from a list that the reader loads; it goes when this view is left."""
    st.caption(
        t("Your file names customers by number, not by e-mail: match the list by that number.")
    )
    file = st.file_uploader(
        t("Or load a list of these numbers and their e-mail addresses: used here, not kept"),
        type=["csv", "txt", "tsv", "xlsx"],
        key="builder.addresses",
    )
    if file is None:
        return None
    try:
        found = addresses(Upload(i18n.clean(file.name), file.getvalue()), members["customer_id"])
    except CoreError as error:
        ui.error(error)
        return None
    st.caption(
        t(
            "E-mail addresses for {found:integer} of {all:integer} customers",
            found=found.height,
            all=members.height,
        )
    )
    return found
