"""Churn's level: ways to carry it to the next window, and how far knowing that window would help.

    python -m benchmarks.churn_level seeds 1 2 3     demo shops of other seeds, whole
    python -m benchmarks.churn_level cuts 1 2 3      the same, three years cut out of the middle
    python -m benchmarks.churn_level shop FILE ...   any export, read but not chosen on

Logistic regression on rolling origins; each row: calibration bins within chance, log loss, ECE.
`known` rows look at the test window itself: no forecast reaches them.
"""

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.isotonic import IsotonicRegression

from core.analyses.churn import level, models
from core.analyses.churn.design import line, logit, sigmoid
from core.analyses.churn.folds import Fold, folds
from core.analyses.churn.history import Past, compact, default_horizon, outcome
from core.measures import classification
from sample_data.generate import shop

LINES, OFFSETS, YEAR = 50_000, (200, 400, 600), 373
METHOD, NEVER = "logistic_regression", ("cancelled", "unpaid", "pending")
PRIORS = (level.LEVEL_SD, level.SLOPE_SD)
Said = dict[str, np.ndarray]


def demo(seed: int) -> pl.LazyFrame:
    """The order lines of a demo shop."""
    kept = pl.col("customer_id").is_not_null() & ~pl.col("status").cast(pl.String).is_in(NEVER)
    paid = pl.col("quantity") * pl.col("unit_price") - pl.col("discount").fill_null(0)
    lines = shop(LINES, seed=seed).orders.filter(kept).with_columns(revenue=paid)
    return lines.select(
        pl.col("order_id", "customer_id").cast(pl.String), "ordered_at", "quantity", "revenue"
    ).lazy()


def fold_of(past: Past, fold: Fold) -> tuple[Said, np.ndarray]:
    """Probability of an order by each way to set the level, and what came."""
    predict = models.fit(METHOD, past.labelled_all(fold.learn), 0)
    test = past.labelled(fold.test)
    x, came = logit(predict(test)), outcome(test)
    days = [past.labelled(day) for day in (fold.calibrate, *fold.learn[:2])]
    windows = [(logit(predict(day)), outcome(day)) for day in days]
    three = [np.concatenate(part) for part in zip(*windows, strict=True)]
    a, b, _ = line(*windows[0], *PRIORS)
    turn = level._turn(predict, past, fold)
    a3, b3, _ = line(*three, *PRIORS)
    known_a = line(b * x, came, np.inf, 1e-6)[0]
    both_a, both_b, _ = line(x, came, np.inf, np.inf)
    said = {f"season {part}": sigmoid(a + part * turn + b * x) for part in (0, 0.25, 0.5, 0.75, 1)}
    said |= {
        "as learned": sigmoid(x),
        "line, three windows": sigmoid(a3 + b3 * x),
        "isotonic": isotonic(*windows[0])(x),
        "isotonic, three windows": isotonic(*three)(x),
        "level known": sigmoid(known_a + b * x),
        "level and slope known": sigmoid(both_a + both_b * x),
    }
    print(f"  {fold.test}: ordered {came.mean():.3f}; line before {a:+.2f} {b:.2f}, then "
          f"{both_a:+.2f} {both_b:.2f}")  # fmt: skip
    return said, came


def isotonic(x: np.ndarray, came: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    model = IsotonicRegression(out_of_bounds="clip", y_min=0.005, y_max=0.995)
    return model.fit(x, came).predict


def study(name: str, lines: pl.LazyFrame, horizon: int | None = None) -> dict[str, tuple]:
    """The scores of each way on all test days together."""
    history = compact(lines)
    days = history.filter("sale")["day"]
    first, last = days.min(), days.max()
    horizon = horizon or default_horizon(history, (last - first).days + 1)
    past = Past(history, first, last, horizon, 730)
    print(f"{name}: {horizon} days ahead", flush=True)
    parts = [fold_of(past, fold) for fold in folds(first, last, horizon)]
    churned = 1 - np.concatenate([came for _, came in parts])
    found = {}
    for way in parts[0][0]:
        p = 1 - np.concatenate([said[way] for said, _ in parts])
        bins = classification.calibration(churned, p)
        inside = bins.select(pl.col("observed").is_between("low", "high").sum()).item()
        at = classification.tally(churned, p)
        found[way] = inside, classification.log_loss(at), classification.ece(at)
    return found


def report(studies: list[dict[str, tuple]]) -> None:
    print(f"{'':26}bins in  log loss     ECE   (mean of {len(studies)})")
    for way in studies[0]:
        bins, loss, off = np.mean([found[way] for found in studies], axis=0)
        print(f"{way:26}{bins:7.1f}{loss:10.4f}{off:8.4f}", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["seeds", *seeds] if seeds:
            report([study(f"seed {seed}", demo(int(seed))) for seed in seeds])
        case ["cuts", *seeds] if seeds:
            found = []
            for seed in seeds:
                lines = demo(int(seed))
                start = lines.select(pl.col("ordered_at").min()).collect().item()
                for offset in OFFSETS:
                    begin = start + timedelta(days=offset)
                    within = pl.col("ordered_at").is_between(begin, begin + timedelta(days=YEAR))
                    found.append(study(f"seed {seed}, from day {offset}", lines.filter(within), 60))
            report(found)
        case ["shop", *files] if files:
            from core.intake.load import Upload, load

            for file in files:
                report([study(file, load([Upload(Path(file).name, Path(file))]).lines)])
        case _:
            sys.exit(__doc__)
