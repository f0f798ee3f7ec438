"""The generator: the same shop every time, of the size asked for, with the plan really in it."""

import gzip
from datetime import timedelta

import polars as pl
import pytest

from sample_data import plan
from sample_data.generate import (
    SHOPS,
    Shop,
    orders_csv,
    orders_path,
    shop,
    stock_csv,
    stock_path,
    write,
)


@pytest.fixture(scope="module")
def medium() -> Shop:
    return shop("medium")


@pytest.fixture(scope="module")
def sold(medium) -> pl.DataFrame:
    return medium.lines.filter(pl.col("quantity") > 0)


def lift(sold: pl.DataFrame, first: str, second: str) -> float:
    baskets = sold.group_by("order_id").agg(pl.col("product_id").unique())
    has = [pl.col("product_id").list.contains(product) for product in (first, second)]
    row = baskets.select(a=has[0].mean(), b=has[1].mean(), both=(has[0] & has[1]).mean()).row(0)
    return row[2] / (row[0] * row[1])


def test_the_same_seed_makes_the_same_shop():
    assert shop("small", seed=4).orders.equals(shop("small", seed=4).orders)
    assert not shop("small", seed=4).orders.equals(shop("small", seed=5).orders)


@pytest.mark.parametrize("name", SHOPS)
def test_the_shipped_files_are_what_the_generator_makes(name):
    size, language = SHOPS[name]
    made = shop(size, language=language)
    assert gzip.decompress(orders_path(name).read_bytes()) == orders_csv(made)
    assert stock_path(name).read_bytes() == stock_csv(made)


def test_small_has_about_300_orders_in_one_year():
    orders = shop("small").orders
    assert 250 <= orders["order_id"].n_unique() <= 350
    assert orders["ordered_at"].dt.date().max() == plan.LAST_DAY


@pytest.mark.parametrize("lines", [20_000, 50_000, 300_000])
def test_a_number_of_lines_is_met_within_seven_percent(lines):
    assert shop(lines, seed=1).orders.height == pytest.approx(lines, rel=0.07)


def test_both_languages_tell_the_same_story(medium):
    chinese = shop("medium", language="zh")
    same = ["order_id", "ordered_at", "customer_id", "product_id", "quantity"]
    assert chinese.orders.select(same).equals(medium.orders.select(same))
    assert chinese.orders["product_name"].str.contains(r"\p{Han}").mean() > 0.98
    assert chinese.lines.height == medium.lines.height


def test_lines_are_canonical_and_add_up(medium):
    from core.schema import ORDER_LINES

    lines = medium.lines
    assert {name: ORDER_LINES[name].dtype for name in lines.columns} == dict(lines.schema)
    net = lines["quantity"] * lines["unit_price"] - lines["discount"]
    assert (net - lines["revenue"]).abs().max() < 1e-9


def test_weekdays_sell_as_planned(medium, sold):
    odd = list(plan.ODD_DAYS)
    daily = (
        sold.filter(pl.col("customer_id") != plan.WHOLESALE)
        .filter(~pl.col("ordered_at").dt.date().is_in(odd))
        .group_by(pl.col("ordered_at").dt.weekday().alias("weekday"))
        .agg(pl.col("order_id").n_unique())
        .sort("weekday")
    )
    share = daily["order_id"] / daily["order_id"].mean()
    assert share.to_list() == pytest.approx(medium.truth.weekday, abs=0.08)


@pytest.mark.parametrize("pair", plan.PAIRS, ids=lambda pair: f"{pair.first}-{pair.second}")
def test_companions_are_bought_together(sold, pair):
    baskets = sold.group_by("order_id").agg(pl.col("product_id").unique())
    with_first = baskets.filter(pl.col("product_id").list.contains(pair.first))
    share = with_first["product_id"].list.contains(pair.second).mean()
    assert share == pytest.approx(pair.probability, abs=0.12)


@pytest.mark.parametrize(("first", "second"), plan.SEASON_PAIRS)
def test_season_pairs_look_associated_only_across_the_year(sold, first, second):
    season = sold.filter(pl.col("ordered_at").dt.month().is_in([7, 11, 12]))
    assert lift(sold, first, second) > 1.2
    within = season.filter(pl.col("ordered_at").dt.month() == (12 if first == "GFT-01" else 7))
    assert lift(within, first, second) < 1.6


def test_without_affinities_companions_are_strangers():
    null = shop("medium", affinities=False, seasons=False).lines.filter(pl.col("quantity") > 0)
    popular = lift(null, "COF-01", "COF-02"), lift(null, "COF-03", "CAR-01")
    assert popular == pytest.approx((0.9, 0.9), abs=0.3)
    assert lift(null, "BRW-01", "CAR-01") < 1.6


def test_what_is_out_of_stock_or_dead_is_not_sold(sold):
    day, product = pl.col("ordered_at").dt.date(), pl.col("product_id")
    out = plan.STOCK_OUT
    window = sold.filter(product.is_in(out.products) & day.is_between(out.start, out.end))
    assert window.is_empty()
    before = sold.filter(
        product.is_in(out.products) & day.is_between(out.start - timedelta(28), out.start)
    )
    assert before.height > 20
    assert sold.filter(product.is_in(plan.DEAD) & (day > plan.DEAD_SINCE)).is_empty()


def test_the_promotion_lifts_demand(sold):
    promoted, window = pl.col("product_id").is_in(plan.PROMOTION.products), plan.PROMOTION
    day = pl.col("ordered_at").dt.date()
    during = sold.filter(promoted & day.is_between(window.start, window.end))
    length = (window.end - window.start).days + 1
    before = sold.filter(
        promoted
        & day.is_between(window.start - timedelta(days=length), window.start - timedelta(1))
    )
    assert 1.6 < during.height / before.height < 3.6
    assert (during["discount"] / during["quantity"] / during["unit_price"]).min() > 0.19


def test_odd_days(sold):
    daily = sold.group_by(pl.col("ordered_at").dt.date().alias("day")).agg(
        pl.col("order_id").n_unique()
    )
    counts = dict(daily.iter_rows())
    quiet, busy = plan.ODD_DAYS
    assert counts.get(quiet, 0) <= 8  # refills and trade orders keep their own pace
    usual = (counts[busy - timedelta(days=7)] + counts[busy + timedelta(days=7)]) / 2
    assert counts[busy] > 2.3 * usual


def test_customers_come_back_and_leave_as_planned(medium, sold):
    truth = medium.truth.customers
    random = truth.filter(~pl.col("refills"))
    assert random["rate"].mean() == pytest.approx(plan.SHAPE / plan.SCALE, rel=0.08)
    last = sold.group_by("customer_id").agg(pl.col("ordered_at").max().dt.date().alias("last"))
    recent = plan.LAST_DAY - timedelta(days=60)
    gone = truth.join(last, on="customer_id").filter(~pl.col("alive"))
    alive = truth.join(last, on="customer_id").filter("alive")
    assert (alive["last"] > recent).mean() > (gone["last"] > recent).mean() + 0.2
    assert shop("small", dropout=False).truth.customers["alive"].all()


def test_refills_come_every_thirty_days(medium, sold):
    refillers = medium.truth.customers.filter("refills")["customer_id"].implode()
    gaps = (
        sold.filter(pl.col("customer_id").is_in(refillers))
        .unique(["customer_id", "order_id"])
        .sort("customer_id", "ordered_at")
        .select(
            (pl.col("ordered_at").diff().dt.total_hours() / 24).over("customer_id").drop_nulls()
        )
    )
    assert gaps.to_series().median() == pytest.approx(plan.REFILL_DAYS, abs=3)


def test_guests_returns_and_bad_orders(medium):
    orders = medium.orders.unique("order_id", keep="first", maintain_order=True)
    assert orders["customer_id"].is_null().mean() == pytest.approx(plan.GUESTS, abs=0.01)
    assert (orders["status"] == "cancelled").mean() == pytest.approx(plan.CANCELLED, abs=0.004)
    returns = medium.orders.filter(pl.col("quantity") < 0)
    assert 0.005 < returns.height / medium.orders.height < 0.03
    assert set(returns["order_id"]) <= set(medium.orders.filter(pl.col("quantity") > 0)["order_id"])


def test_the_wholesale_customer_is_an_outlier(sold):
    by_customer = (
        sold.drop_nulls("customer_id").group_by("customer_id").agg(pl.col("revenue").sum())
    )
    assert by_customer.sort("revenue")["customer_id"].last() == plan.WHOLESALE
    without = shop("small", wholesale=False)
    assert plan.WHOLESALE not in without.orders["customer_id"].to_list()
    assert without.truth.wholesale is None


def test_stock_says_what_to_order(medium, sold):
    recent = sold.filter(
        pl.col("ordered_at").dt.date() > plan.LAST_DAY - timedelta(days=120),
        pl.col("quantity") < 12,
    )
    daily = recent.group_by("product_id").agg(pl.col("quantity").sum() / 120)
    stock = medium.stock.join(daily, on="product_id", how="left").with_columns(
        pl.col("quantity").fill_null(0)
    )
    short = stock.filter(pl.col("product_id").is_in(plan.ORDER_NOW))
    assert (short["on_hand"] < 0.3 * short["quantity"] * short["lead_time_days"]).all()
    over = stock.filter(pl.col("product_id").is_in(plan.OVERSTOCK))
    assert (over["on_hand"] / over["quantity"] > 365).all()
    dead = stock.filter(pl.col("product_id").is_in(plan.DEAD))
    assert (dead["quantity"] == 0).all()
    assert (dead["on_hand"] > 0).all()


def test_write_puts_the_stock_list_beside_the_orders(tmp_path):
    files = write("small", tmp_path / "deep" / "orders.csv")
    assert [file.name for file in files] == ["orders.csv", "orders_stock.csv"]
    assert pl.read_csv(files[0]).height == shop("small").orders.height
    with pytest.raises(KeyError):
        write("no-such-shop", tmp_path / "x.csv")
