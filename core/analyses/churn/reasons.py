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

import polars as pl

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
#: Facts of the typical (median) customer that a sentence compares with.
TYPICAL: Final[Mapping[str, str]] = {
    "typical_gap_days": "usual_gap_days",
    "typical_order_days": "order_days",
    "typical_tenure_days": "tenure_days",
    "typical_average_order": "average_order",
    "typical_return_share": "return_share",
}
#: code -> how it is said: what it is, and what it is compared with. All of them raise the risk.
SENTENCES: Final[Mapping[str, Finding]] = {
    "silence": Finding(
        "Usually orders every {median_gap_days:integer} days, silent for {recency_days:integer}"
    ),
    "silence_once": Finding(
        "Silent for {recency_days:integer} days since the only day with orders; customers here "
        "usually order again after {usual_gap_days:integer}"
    ),
    "repeats": Finding(
        "Ordered on only {order_days:integer} days so far, the typical customer on "
        "{typical_order_days:integer}"
    ),
    "repeats_once": Finding(
        "Ordered on only one day so far, the typical customer on {typical_order_days:integer}"
    ),
    "rhythm": Finding(
        "Orders only every {median_gap_days:integer} days, the typical customer every "
        "{typical_gap_days:integer}"
    ),
    "tenure_short": Finding(
        "A customer for only {tenure_days:integer} days, the typical one for "
        "{typical_tenure_days:integer}; new customers stay away more often here"
    ),
    "tenure_long": Finding(
        "A customer for {tenure_days:integer} days, the typical one for "
        "{typical_tenure_days:integer}; at equal orders, old customers stay away more often here"
    ),
    "average_order_low": Finding(
        "Average order of {average_order:money}, the typical one is "
        "{typical_average_order:money}; customers of small orders stay away more often here"
    ),
    "average_order_high": Finding(
        "Average order of {average_order:money}, the typical one is "
        "{typical_average_order:money}; customers of large orders stay away more often here"
    ),
    "return_share": Finding(
        "Returned {return_share:percent} of the units, the typical customer "
        "{typical_return_share:percent}"
    ),
}
NOTHING: Final = Finding("Nothing known of this customer raises the risk above the typical one's.")
#: Where no model tells the customers apart.
ALIKE: Final = Finding("Not known: everyone gets the shop's average.")
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

    Silence: as long as the own median gap, after one order only the shop's usual one. Rhythm: the
    typical one, with the silence as overdue by it as before, so that the two reasons do not say the
    same twice. Else: the typical fact.
    """
    gap, recency = pl.col("usual_gap_days").clip(1), facts.schema["recency_days"]
    if group == "rhythm":
        slower = usual["usual_gap_days"] / gap
        changed = facts.with_columns(
            usual_gap_days=pl.lit(usual["usual_gap_days"]),
            regularity=pl.lit(usual["regularity"]),
            recency_days=(pl.col("recency_days") * slower).round().cast(recency),
            recent_orders=(pl.col("recent_orders") / slower).round().cast(pl.Int64),
        )
    elif group == "silence":
        own = pl.coalesce("median_gap_days", "usual_gap_days").clip(1)
        changed = facts.with_columns(
            recency_days=own.round().cast(recency),
            recent_orders=(pl.col("horizon_days") / own).round().cast(pl.Int64),
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
    """What raises the risk most: customer_id, rank, reason, code, contribution, and the facts.

    At most three of each customer, and fewer where fewer raise it: what lowers the risk is no
    reason of it, nor is what no sentence of `SENTENCES` says truly of the customer.
    """
    adds = contributions(facts, predict, usual)
    compared = facts.with_columns(pl.lit(usual[fact]).alias(name) for name, fact in TYPICAL.items())
    found = [
        compared.with_columns(
            reason=pl.lit(group), contribution=adds[group].round(6), code=_code(group)
        ).filter(pl.col("code").is_not_null(), pl.col("contribution") >= LEAST)
        for group in GROUPS
    ]
    ranked = (
        pl.concat(found)
        .sort([KEY, "contribution", "reason"], descending=[False, True, False])
        .with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(KEY))
        .filter(pl.col("rank") <= TOP)
    )
    first = (KEY, "rank", "reason", "code", "contribution")
    return ranked.select(*first, pl.exclude(first))


def _code(group: str) -> pl.Expr:
    """The sentence that says the reason truly of the customer; null where none does."""
    once = pl.col("order_days") == 1
    codes: Mapping[str, Mapping[str, pl.Expr]] = {
        "silence": {
            "silence": ~once & _above("recency_days", "median_gap_days"),
            "silence_once": once & _above("recency_days", "usual_gap_days"),
        },
        "repeats": {
            "repeats": ~once & _above("typical_order_days", "order_days"),
            "repeats_once": once & _above("typical_order_days", "order_days"),
        },
        "rhythm": {"rhythm": ~once & _above("median_gap_days", "typical_gap_days")},
        "tenure": {
            "tenure_short": _above("typical_tenure_days", "tenure_days"),
            "tenure_long": _above("tenure_days", "typical_tenure_days"),
        },
        "average_order": {
            "average_order_low": _above("typical_average_order", "average_order"),
            "average_order_high": _above("average_order", "typical_average_order"),
        },
        "return_share": {"return_share": _above("return_share", "typical_return_share", 100)},
    }
    return pl.coalesce(pl.when(holds).then(pl.lit(code)) for code, holds in codes[group].items())


def _above(one: str, other: str, scale: int = 1) -> pl.Expr:
    """Whether one fact is above another as they are read: in whole numbers, or whole percent."""
    left, right = ((pl.col(name).cast(pl.Float64) * scale).round(0) for name in (one, other))
    return left > right


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
