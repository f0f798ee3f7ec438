"""Why a customer's probability is what it is, in sentences with the customer's own numbers.

The facts fall into groups. A group's contribution is the log-odds of churn as predicted, minus the
log-odds predicted with that group's reason taken away: the silence as long as the customer's own
usual gap, any other fact as it is for the shop's typical (median) customer (see `without`). For a
model that is linear in its columns this is the exact contribution; for trees it is what taking
that one reason away would do. Either way, taking it away moves the probability as stated.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.churn.design import Predict, logit
from core.analyses.churn.history import possible
from core.finding import Finding
from core.measures.customers import KEY

#: reason -> the facts that are changed when it is taken away.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "silence": ("recency_days", "recent_orders"),
    "repeats": ("order_days",),
    "rhythm": ("usual_gap_days", "regularity"),
    "tenure": ("tenure_days",),
    "average_order": ("average_order",),
    "return_share": ("return_share",),
}
#: reason and direction -> how it is said. `_once`: for customers with one order.
SENTENCES: Final[Mapping[str, Finding]] = {
    "silence_raises": Finding(
        "Silent for {recency_days:integer} days, usually orders every "
        "{median_gap_days:integer} (raises the risk)"
    ),
    "silence_lowers": Finding(
        "Last order only {recency_days:integer} days ago, usually orders every "
        "{median_gap_days:integer} (lowers the risk)"
    ),
    "silence_raises_once": Finding(
        "Silent for {recency_days:integer} days since the only order (raises the risk)"
    ),
    "silence_lowers_once": Finding(
        "First order only {recency_days:integer} days ago (lowers the risk)"
    ),
    "repeats_raises": Finding("Ordered on only {order_days:integer} days so far (raises the risk)"),
    "repeats_lowers": Finding("Has ordered on {order_days:integer} days already (lowers the risk)"),
    "repeats_raises_once": Finding("Has ordered only once so far (raises the risk)"),
    "repeats_lowers_once": Finding("Has ordered only once so far (lowers the risk)"),
    "rhythm_raises": Finding(
        "Own rhythm: an order every {median_gap_days:integer} days (raises the risk)"
    ),
    "rhythm_lowers": Finding(
        "Own rhythm: an order every {median_gap_days:integer} days (lowers the risk)"
    ),
    "rhythm_raises_once": Finding("No rhythm of orders yet (raises the risk)"),
    "rhythm_lowers_once": Finding("No rhythm of orders yet (lowers the risk)"),
    "tenure_raises": Finding("A customer for {tenure_days:integer} days (raises the risk)"),
    "tenure_lowers": Finding("A customer for {tenure_days:integer} days (lowers the risk)"),
    "average_order_raises": Finding("Average order of {average_order:money} (raises the risk)"),
    "average_order_lowers": Finding("Average order of {average_order:money} (lowers the risk)"),
    "return_share_raises": Finding(
        "Returned {return_share:percent} of the units (raises the risk)"
    ),
    "return_share_lowers": Finding(
        "Returned {return_share:percent} of the units (lowers the risk)"
    ),
}
TOP = 3
#: Churn probabilities from which the risk is medium, and high.
MEDIUM_FROM, HIGH_FROM = 1 / 3, 2 / 3
#: Contributions below this many logits are no reason.
LEAST = 0.05
PLACEHOLDER = re.compile(r"\{(\w+)(?::(\w+))?\}")


def typical(facts: pl.DataFrame) -> dict[str, float]:
    """The shop's median customer, fact by fact."""
    names = [name for group in GROUPS.values() for name in group]
    row = facts.select(pl.col(names).cast(pl.Float64).fill_nan(None).median()).row(0, named=True)
    return {name: 0.5 if value is None else float(value) for name, value in row.items()}


def without(facts: pl.DataFrame, group: str, usual: Mapping[str, float]) -> pl.DataFrame:
    """`facts` with one reason taken away.

    Silence: as long as the own usual gap. Rhythm: the typical one, with the silence as overdue by
    it as before, so that the two reasons do not say the same twice. Else: the typical fact.
    """
    gap = pl.col("usual_gap_days").clip(1)
    recency = facts.schema["recency_days"]
    if group == "rhythm":
        slower = usual["usual_gap_days"] / gap
        changed = facts.with_columns(
            usual_gap_days=pl.lit(usual["usual_gap_days"]),
            regularity=pl.lit(usual["regularity"]),
            recency_days=(pl.col("recency_days") * slower).round().cast(recency),
            recent_orders=(pl.col("recent_orders") / slower).round().cast(pl.Int64),
        )
    elif group == "silence":
        changed = facts.with_columns(
            recency_days=gap.round().cast(recency),
            recent_orders=(pl.col("horizon_days") / gap).round().cast(pl.Int64),
        )
    else:
        changed = facts.with_columns(
            pl.lit(usual[name]).cast(facts.schema[name]).alias(name) for name in GROUPS[group]
        )
    return possible(changed)


def contributions(
    facts: pl.DataFrame, predict: Predict, usual: Mapping[str, float]
) -> pl.DataFrame:
    """One column per reason: log-odds of churn that it adds to each customer, in rows of facts."""
    here = -logit(predict(facts))
    return pl.DataFrame(
        {group: here + logit(predict(without(facts, group, usual))) for group in GROUPS}
    )


def reasons(facts: pl.DataFrame, predict: Predict, usual: Mapping[str, float]) -> pl.DataFrame:
    """The top reasons: customer_id, rank, reason, code (a key of SENTENCES), contribution, facts.

    For customers at medium or high risk what raises it comes first, else what lowers it.
    """
    adds = contributions(facts, predict, usual).to_numpy()
    at_risk = 1 - predict(facts) >= MEDIUM_FROM
    order = _order(np.where(at_risk[:, None], adds, -adds))[:, :TOP]
    size = np.take_along_axis(adds, order, axis=1)
    names = np.array(list(GROUPS))
    top = pl.DataFrame(
        {
            KEY: np.repeat(facts[KEY].to_numpy(), order.shape[1]),
            "rank": np.tile(np.arange(1, order.shape[1] + 1), facts.height),
            "reason": names[order].ravel(),
            "contribution": size.ravel().round(6),
        },
        schema_overrides={KEY: pl.String, "reason": pl.String},
    )
    shown = top.filter(pl.col("contribution").abs() >= LEAST).with_columns(
        rank=pl.col("rank").rank("dense").over(KEY).cast(pl.Int64)
    )
    return shown.join(facts, on=KEY, how="left").with_columns(code=_code()).sort(KEY, "rank")


def _order(adds: NDArray[np.float64]) -> NDArray[np.int64]:
    """(n, groups): columns by size, the positive ones before the others, slight ones last."""
    size = np.abs(adds)
    order: NDArray[np.int64] = np.lexsort((-size, adds < 0, size < LEAST), axis=1)
    return order


def _code() -> pl.Expr:
    direction = (
        pl.when(pl.col("contribution") > 0).then(pl.lit("raises")).otherwise(pl.lit("lowers"))
    )
    apart = pl.col("reason").is_in(["silence", "repeats", "rhythm"])
    once = pl.when(apart & (pl.col("order_days") == 1)).then(pl.lit("_once")).otherwise(pl.lit(""))
    return pl.concat_str("reason", pl.lit("_"), direction, once)


def written(found: pl.DataFrame, words: Callable[[str], str] = str) -> pl.DataFrame:
    """`reasons` as sentences: customer_id, top_reason_1 ... 3; null where there are fewer.

    words: English template -> the template to use (a translation).
    """
    parts = [
        found.filter(pl.col("code") == code).select(
            KEY, "rank", sentence=_filled(words(finding.text))
        )
        for code, finding in SENTENCES.items()
    ]
    sentences = pl.concat(parts)
    ranked = [
        pl.col("sentence").filter(pl.col("rank") == rank).first().alias(f"top_reason_{rank}")
        for rank in range(1, TOP + 1)
    ]
    return sentences.group_by(KEY).agg(ranked).sort(KEY)


def _filled(template: str) -> pl.Expr:
    """The template as an expression over the facts."""
    parts: list[pl.Expr] = []
    end = 0
    for match in PLACEHOLDER.finditer(template):
        parts += [pl.lit(template[end : match.start()]), _number(match[1], match[2])]
        end = match.end()
    return pl.concat_str([*parts, pl.lit(template[end:])])


def _number(column: str, spec: str) -> pl.Expr:
    value = pl.col(column).cast(pl.Float64)
    if spec == "percent":
        return pl.concat_str((value * 100).round(0).cast(pl.Int64), pl.lit("%"))
    return value.round(0).cast(pl.Int64).cast(pl.String)
