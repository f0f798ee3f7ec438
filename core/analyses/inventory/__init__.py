"""Inventory: what will sell, what to order, how much and when.

Weekly demand per product (`demand`) is forecast by the field's methods (`methods`) from many past
weeks (`history`); rolling-origin tests (`backtest`) choose per demand pattern (`choice`), never
what lost to seasonal naive and the moving average; quantiles of demand over lead time plus review
period (`quantiles`) give reorder points and orders (`policy`, `purchase`). The same forecast is
told by day, week and month, of products and groups of them (`ahead`); `what_if` plans anew under a
scenario, and `simulation` orders through the past year by it.

    y_t       units of a product in week t, returns taken off
    m, Q_p    mean and p-quantile of demand over lead time + review period (units)
    s = Q_p   reorder point; s - m safety stock; S = s + demand over one order cycle

Source: Silver, Pyke & Thomas (2017), Inventory and Production Management in Supply Chains;
Makridakis, Spiliotis & Assimakopoulos (2022), Int. J. of Forecasting 38(4) (the M5 competition).
"""

from core.analyses.inventory import demand, plan, result
from core.analyses.inventory.config import NEEDS, Config
from core.analyses.inventory.result import Result
from core.analyses.inventory.simulation import Simulation, simulate
from core.analyses.inventory.what_if import Scenario
from core.dataset import Dataset

__all__ = ["NEEDS", "Config", "Result", "Scenario", "Simulation", "run", "simulate"]


def run(dataset: Dataset, config: Config) -> Result:
    """Forecast every product's demand and say what to order."""
    dataset.require(NEEDS.columns)
    as_of = dataset.day(config.as_of)
    dataset = dataset.until(config.as_of)
    weekly = demand.weekly(dataset, as_of, infer=config.infer_stockouts, netted=config.returns_on)
    return result.assemble(weekly, plan.make(weekly, dataset, config))
