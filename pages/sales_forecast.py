"""Sales forecast: what the whole shop will sell in the weeks ahead."""

from functools import partial

from core.analyses import sales_forecast
from dashboard import ui
from dashboard.cache import cached, derived
from dashboard.i18n import t
from dashboard.panels import sales_forecast as panels

dataset = ui.open_page(
    "sales_forecast",
    t("Sales forecast"),
    t("How much will the shop sell in the coming weeks, and how sure is that?"),
    sales_forecast.NEEDS,
)
result = cached(sales_forecast.run, dataset, ui.controls(sales_forecast.Config))

ui.findings(derived(result.explain))
grouped = not result.groups.is_empty()
ui.views(
    "sales_forecast",
    {
        "ahead": (t("What is ahead"), partial(panels.ahead, result)),
        **({"groups": (t("Divided up"), partial(panels.groups, result))} if grouped else {}),
        "hindsight": (t("Last month"), partial(panels.hindsight, result)),
        "made_of": (t("What the sales are made of"), partial(panels.made_of, result)),
    },
)
ui.closing("sales_forecast", result, result.evidence)
