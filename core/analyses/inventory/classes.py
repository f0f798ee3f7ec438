"""Kinds of product: demand pattern, share of the money (ABC), steadiness (XYZ).

    ADI   weeks on sale / weeks with a sale           CV2   (sd / mean)^2 of the sizes sold
    smooth: ADI < 1.32, CV2 < 0.49      intermittent: ADI >= 1.32, CV2 < 0.49
    erratic: ADI < 1.32, CV2 >= 0.49    lumpy: both above
    ABC   products by falling revenue: A to 80 % of the sum, B to 95 %, C the rest
    XYZ   sd / mean of weekly demand: X below 0.5, Y below 1, Z from 1 on

Source: Syntetos, Boylan & Croston (2005), J. of the Operational Research Society 56(5).
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PATTERNS = ("smooth", "erratic", "intermittent", "lumpy")
ADI_LIMIT, CV2_LIMIT = 1.32, 0.49
A_SHARE, B_SHARE = 0.80, 0.95
X_LIMIT, Y_LIMIT = 0.5, 1.0


def pattern(units: Floats, start: NDArray[np.intp]) -> NDArray[np.intp]:
    """(products,) index into PATTERNS."""
    on_sale = np.maximum(units.shape[1] - start, 1)
    sales = np.maximum((units > 0).sum(axis=1), 1)
    mean = units.sum(axis=1) / sales
    spread = np.where(units > 0, (units - mean[:, None]) ** 2, 0.0).sum(axis=1) / sales
    cv2 = np.divide(spread, mean**2, out=np.zeros_like(mean), where=mean > 0)
    return np.asarray(2 * (on_sale / sales >= ADI_LIMIT) + (cv2 >= CV2_LIMIT))


def abc(worth: pl.Expr) -> pl.Expr:
    """A, B or C by what came before each product in falling order of `worth`; ties share one."""
    earned = pl.when(worth > 0).then(worth).otherwise(0.0)
    before = 1 - _cumulated_from_below(earned) / earned.sum()
    return (
        pl.when(earned <= 0)
        .then(pl.lit("C"))
        .when(before < A_SHARE - 1e-12)
        .then(pl.lit("A"))
        .when(before < B_SHARE - 1e-12)
        .then(pl.lit("B"))
        .otherwise(pl.lit("C"))
    )


def _cumulated_from_below(earned: pl.Expr) -> pl.Expr:
    """Sum of everything that earned no more than the row itself: equal rows get equal sums."""
    return earned.sort().cum_sum().gather((earned.rank("max") - 1).cast(pl.UInt32))


def xyz(units: Floats, start: NDArray[np.intp]) -> pl.Series:
    """X, Y or Z by the coefficient of variation of weekly demand since the first sale."""
    weeks = np.maximum(units.shape[1] - start, 1)
    inside = np.arange(units.shape[1]) >= start[:, None]
    mean = units.sum(axis=1) / weeks
    sd = np.sqrt(np.where(inside, (units - mean[:, None]) ** 2, 0.0).sum(axis=1) / weeks)
    variation = np.divide(sd, mean, out=np.full_like(mean, np.inf), where=mean > 0)
    letter = np.where(variation < X_LIMIT, "X", np.where(variation < Y_LIMIT, "Y", "Z"))
    return pl.Series("xyz", letter)
