"""The customer profile against a reference written row by row."""

import math
import statistics
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core.measures.customers import TREND_DAYS, profile

AS_OF = date(2025, 6, 30)


def shop(seed=0, customers=60, orders=400):
    """Random order lines with every column the profile reads: guests, returns, nulls, ties."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(orders):
        buyer = f"c{rng.integers(customers)}" if rng.random() > 0.1 else None
        start = datetime(2024, 1, 1) + timedelta(minutes=int(rng.integers(0, 560 * 1440)))
        if rng.random() < 0.2:
            start = datetime(start.year, start.month, start.day)
        coupon = "SPRING" if rng.random() < 0.2 else None
        channel, country = rng.choice(["web", "shop"]), rng.choice(["DE", "FR"])
        for _ in range(rng.integers(1, 5)):
            product = int(rng.integers(12))
            quantity = float(rng.integers(1, 4)) * (-1 if rng.random() < 0.15 else 1)
            price = 5.0 + product
            discount = round(0.1 * price * abs(quantity), 2) if coupon else 0.0
            rows.append(
                {
                    "order_id": f"o{number}",
                    "ordered_at": start,
                    "customer_id": buyer,
                    "product_id": f"p{product}",
                    "category": f"k{product % 4}" if product else None,
                    "quantity": quantity,
                    "discount": discount,
                    "revenue": quantity * price - math.copysign(discount, quantity),
                    "channel": str(channel),
                    "country": str(country),
                    "coupon": coupon,
                }
            )
    return pl.DataFrame(rows)


def smallest_mode(values):
    counts = Counter(values)
    return min(v for v, n in counts.items() if n == max(counts.values())) if counts else None


def ratio(part, whole):
    return part / whole if whole > 0 else None


def reference(lines):
    """The profile, one customer after the other, one row after the other."""
    by_customer = defaultdict(list)
    for row in lines.iter_rows(named=True):
        if row["customer_id"] is not None and row["ordered_at"].date() <= AS_OF:
            by_customer[row["customer_id"]].append(row)
    rows = [one(customer, mine) for customer, mine in by_customer.items()]
    return pl.DataFrame([row for row in rows if row], infer_schema_length=None).sort("customer_id")


def one(customer, mine):
    sold = [row for row in mine if row["quantity"] > 0]
    if not sold:
        return None
    starts = {}
    for row in sold:
        at = row["ordered_at"]
        starts[row["order_id"]] = min(at, starts.get(row["order_id"], at))
    days = sorted({at.date() for at in starts.values()})
    gaps = [(b - a).days for a, b in pairwise(days)]
    mean = statistics.fmean(gaps) if gaps else None
    sd = statistics.stdev(gaps) if len(gaps) > 1 else None
    sales = sum(row["revenue"] for row in sold)
    revenue = sum(row["revenue"] for row in mine)
    units_sold = sum(row["quantity"] for row in sold)
    returned = sum(-row["quantity"] for row in mine if row["quantity"] < 0)
    discount = sum(row["discount"] for row in sold)
    age = {id(row): (AS_OF - row["ordered_at"].date()).days for row in sold}
    recent = sum(r["revenue"] for r in sold if age[id(r)] < TREND_DAYS)
    earlier = sum(r["revenue"] for r in sold if TREND_DAYS <= age[id(r)] < 2 * TREND_DAYS)
    tenure = (AS_OF - days[0]).days
    by_category = Counter()
    for row in sold:
        if row["category"] is not None:
            by_category[row["category"]] += row["revenue"]
    top = max(by_category.values(), default=None)
    first = [row for row in sold if row["ordered_at"] == min(starts.values())]
    first_units = Counter()
    for row in first:
        first_units[row["product_id"]] += row["quantity"]
    return {
        "customer_id": customer,
        "first_order": days[0],
        "last_order": days[-1],
        "orders": len(starts),
        "recency_days": (AS_OF - days[-1]).days,
        "tenure_days": tenure,
        "order_days": len(days),
        "days_between_orders": mean,
        "median_gap_days": statistics.median(gaps) if gaps else None,
        "sd_gap_days": sd,
        "regularity": None if sd is None else mean / (mean + sd),
        "weekend_share": statistics.fmean(at.isoweekday() >= 6 for at in starts.values()),
        "usual_weekday": smallest_mode(at.isoweekday() for at in starts.values()),
        "usual_hour": smallest_mode(
            at.hour for at in starts.values() if (at.hour, at.minute, at.second) != (0, 0, 0)
        ),
        "units": sum(row["quantity"] for row in mine),
        "units_sold": units_sold,
        "units_returned": returned,
        "revenue": revenue,
        "sales": sales,
        "recent_sales": recent,
        "earlier_sales": earlier,
        "discount": discount,
        "products": len({row["product_id"] for row in sold}),
        "categories": len(by_category) or None,
        "top_category": min((k for k, v in by_category.items() if v == top), default=None),
        "top_category_share": top / sum(by_category.values()) if by_category else None,
        "first_channel": min(row["channel"] for row in first),
        "first_country": min(row["country"] for row in first),
        "first_coupon": min((r["coupon"] for r in first if r["coupon"]), default=None),
        "first_product": min(p for p, n in first_units.items() if n == max(first_units.values())),
        "return_share": ratio(returned, units_sold),
        "average_order": revenue / len(starts),
        "price_level": ratio(sales, units_sold),
        "spending_trend": (recent - earlier) / (recent + earlier)
        if tenure >= 2 * TREND_DAYS and recent + earlier > 0
        else None,
        "discount_share": ratio(discount, sales + discount),
    }


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_profile_equals_the_row_by_row_reference(seed):
    lines = shop(seed)
    found = profile(lines.lazy(), AS_OF).collect()
    wanted = reference(lines)
    assert found.height > 40
    assert set(found.columns) == set(wanted.columns)
    assert_frame_equal(found, wanted.select(found.columns), check_dtypes=False, abs_tol=1e-6)


def test_shuffled_rows_change_nothing():
    lines = shop(3)
    mixed = lines.sample(fraction=1.0, shuffle=True, seed=5)
    assert profile(lines.lazy(), AS_OF).collect().equals(profile(mixed.lazy(), AS_OF).collect())


def test_profile_is_partitionable_by_customer():
    lines = shop(4)
    in_first = pl.col("customer_id").str.slice(1).cast(pl.Int64) % 3 == 0
    parts = [lines.filter(in_first), lines.filter(~in_first)]
    apart = pl.concat([profile(part.lazy(), AS_OF).collect() for part in parts])
    assert profile(lines.lazy(), AS_OF).collect().equals(apart.sort("customer_id"))


def test_equal_customers_get_equal_values():
    lines = shop(5).filter(pl.col("customer_id").is_not_null())
    twin = lines.with_columns(pl.concat_str(pl.lit("x"), "customer_id").alias("customer_id"))
    table = profile(pl.concat([lines, twin]).lazy(), AS_OF).collect()
    is_twin = pl.col("customer_id").str.starts_with("x")
    twins = table.filter(is_twin).with_columns(pl.col("customer_id").str.slice(1))
    assert table.filter(~is_twin).equals(twins.sort("customer_id"))


def test_only_what_the_lines_carry():
    bare = shop(6).select("customer_id", "order_id", "ordered_at", "quantity")
    found = set(profile(bare.lazy(), AS_OF).collect_schema().names())
    assert {"recency_days", "orders", "units", "regularity"} <= found
    assert not found & {"revenue", "average_order", "products", "categories", "first_product"}


def test_later_lines_are_not_seen():
    lines = shop(7)
    early = lines.filter(pl.col("ordered_at").dt.date() <= AS_OF)
    assert early.height < lines.height
    assert profile(early.lazy(), AS_OF).collect().equals(profile(lines.lazy(), AS_OF).collect())
