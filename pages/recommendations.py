"""Recommendations: what each customer will buy next, why, and who to offer a product to."""

from core.analyses.recommendations import NEEDS, Config, run
from dashboard import ui
from dashboard.cache import cached, derived
from dashboard.i18n import t
from dashboard.panels import recommendations as panels

data = ui.open_page(
    "recommendations",
    t("Recommendations"),
    t("What will each customer buy next, and who should I offer a product to?"),
    NEEDS,
)
config = ui.controls(Config)
answer = cached(run, data, config)
ui.findings(derived(answer.explain))
ui.views(
    "recommendations",
    {
        "customer": (t("For a customer"), lambda: panels.customers(answer)),
        "product": (t("For a product"), lambda: panels.products(answer)),
        "basket": (t("Complete a basket"), lambda: panels.basket(answer)),
        "campaign": (t("Campaign list"), lambda: panels.campaign(answer, data)),
        "steering": (t("Your own rules"), lambda: panels.steering(answer, data, config)),
        "methods": (t("Which method"), lambda: panels.tournament(answer)),
    },
)
ui.closing("recommendations", answer, answer.evidence)
