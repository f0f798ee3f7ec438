"""What the model goes by, over all customers: weight and direction of each reason, and shapes."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from core.analyses.churn.design import Predict
from core.analyses.churn.history import possible
from core.analyses.churn.reasons import GROUPS, contributions

#: Customers that the pictures are made of, at most; points of each shape.
SAMPLE, POINTS = 2000, 15
SHAPES = ("recency_days", "order_days", "tenure_days", "average_order")


def importance(facts: pl.DataFrame, predict: Predict, usual: Mapping[str, float]) -> pl.DataFrame:
    """reason, weight (mean size of its contributions, in log-odds), direction, heaviest first.

    direction: more_raises if a larger value of the reason's first fact goes with a larger
    contribution to churn (rank correlation), more_lowers if with a smaller one.
    """
    some = _some(facts)
    adds = contributions(some, predict, usual)
    rows = [
        {
            "reason": reason,
            "weight": float(adds[reason].abs().mean() or 0.0),  # type: ignore[arg-type]
            "direction": _direction(some[names[0]], adds[reason]),
        }
        for reason, names in GROUPS.items()
    ]
    table = pl.DataFrame(rows, schema={"reason": pl.String, "weight": pl.Float64,
                                       "direction": pl.String})  # fmt: skip
    return table.filter(pl.col("weight") > 1e-6).sort("weight", "reason", descending=[True, False])


def _direction(fact: pl.Series, added: pl.Series) -> str:
    known = fact.cast(pl.Float64).fill_nan(None).rank().fill_null(0).to_numpy()
    together = np.cov(known, added.rank().to_numpy())[0, 1]
    return "more_raises" if together > 0 else "more_lowers"


def dependence(facts: pl.DataFrame, predict: Predict) -> pl.DataFrame:
    """Partial dependence: fact, fact_value, churn_probability (mean over customers, that fact set).

    Source: Friedman (2001), Annals of Statistics 29(5).
    """
    some, parts = _some(facts), []
    for fact in SHAPES:
        values = some[fact].cast(pl.Float64).to_numpy()
        digits = 0 if some.schema[fact].is_integer() else 1
        grid = np.unique(np.quantile(values, np.linspace(0.02, 0.98, POINTS)).round(digits))
        churn = [
            float(1 - predict(possible(some.with_columns(_set(some, fact, value)))).mean())
            for value in grid
        ]
        parts.append(
            pl.DataFrame({"fact_value": grid, "churn_probability": churn}).select(
                pl.lit(fact).alias("fact"), pl.all()
            )
        )
    return pl.concat(parts)


def _set(facts: pl.DataFrame, fact: str, value: float) -> pl.Expr:
    return pl.lit(value).cast(facts.schema[fact]).alias(fact)


def _some(facts: pl.DataFrame) -> pl.DataFrame:
    return facts.gather_every(max(1, -(-facts.height // SAMPLE)))
