"""What the data can carry, against shops that lack something."""

from dataclasses import replace

from core.analyses import MODULES
from core.dataset import Dataset
from core.readiness import readiness
from sample_data.generate import shop


def said(dataset: Dataset) -> dict[str, set[str]]:
    table = readiness(dataset)
    return {name: set(rows["readiness"]) for (name,), rows in table.group_by("analysis")}


def test_a_full_shop_carries_everything():
    made = shop("medium")
    tables = {"stock": made.stock}
    found = said(Dataset("full", "full", made.lines.lazy(), tables=tables))
    assert set(found) == set(MODULES)
    assert all(states <= {"ready", "partly"} for states in found.values())


def test_without_customers_what_needs_them_is_missing_by_name():
    made = Dataset("anon", "anon", shop("small").lines.drop("customer_id").lazy())
    table = readiness(made)
    assert said(made)["churn"] == {"missing"}
    missing = dict(table.select("analysis", "missing").iter_rows())
    assert missing["churn"] == ["customer_id"]
    assert "overview" not in [n for n, s in said(made).items() if s == {"missing"}]


def test_three_orders_are_little():
    made = Dataset("few", "few", shop("small").lines.head(5).lazy())
    found = said(replace(made, fingerprint="few"))
    assert "little" in found["overview"]
