"""What each platform means by its columns: money, refunds, what was never paid, who bought."""

import importlib.util
from pathlib import Path

import polars as pl
import pytest

from core.intake.load import Upload, load

_spec = importlib.util.spec_from_file_location("layouts", Path(__file__).with_name("layouts.py"))
layouts = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(layouts)


def upload(layout, *rows):
    case = layouts.Case(list(rows), layout)
    return Upload(f"{layout}.csv", layouts.write(layout, case))


def revenue(dataset):
    return dataset.lines.select(pl.col("revenue").sum()).collect().item()


def aside(dataset):
    return dataset.reconciliation.set_aside["reason"].to_list()


SHOPIFY = {
    "Name": "#1", "Email": "ada@example.org", "Financial Status": "paid", "Currency": "GBP",
    "Subtotal": "20.00", "Shipping": "0.00", "Total": "20.00", "Discount Amount": "5.99",
    "Discount Code": "SHIPFREE", "Created at": "2026-05-14 11:23:45 +0100",
    "Lineitem quantity": "2", "Lineitem name": "Mug", "Lineitem price": "10.00",
}  # fmt: skip


def test_shopify_free_shipping_takes_nothing_off_the_products():
    dataset = load([upload("shopify_orders", SHOPIFY)])
    assert revenue(dataset) == 20.0


def test_shopify_cells_that_are_quoted_blanks_are_blank():
    """As a tool writes that quotes every cell, after a spreadsheet that blanked repeated names."""
    more = {"Lineitem quantity": "1", "Lineitem name": "Tea", "Lineitem price": "4.00"}
    order = SHOPIFY | {"Subtotal": "24.00", "Total": "24.00", "Discount Amount": "0.00"}
    columns = layouts.LAYOUTS["shopify_orders"]["columns"]
    lines = [columns, *([row.get(column, "") for column in columns] for row in (order, more))]
    text = "\n".join(",".join(f'"{cell}"' for cell in line) for line in lines)
    dataset = load([Upload("o.csv", f"{text}\n".encode())])
    rows = dataset.lines.collect().select("order_id", "customer_id", "revenue").sort("revenue")
    assert rows.rows() == [("1", "ada@example.org", 4.0), ("1", "ada@example.org", 20.0)]


@pytest.mark.parametrize("name", ["Gift Card - $25.00", "Gift Card / 50.00 GBP", "$25 eGift Card"])
def test_shopify_gift_cards_are_no_product(name):
    card = SHOPIFY | {"Name": "#2", "Lineitem name": name, "Discount Amount": "0"}
    assert aside(load([upload("shopify_orders", SHOPIFY, card)])) == ["service"]


def test_an_address_in_capitals_is_the_same_customer():
    rows = [SHOPIFY, SHOPIFY | {"Name": "#2", "Email": "Ada@Example.ORG"}]
    assert load([upload("shopify_orders", *rows)]).facts["customers"] == 1


WOO = {
    "Order Number": "501", "Order Status": "Completed", "Order Date": "2026-03-01 09:30",
    "Email (Billing)": "ada@example.org", "Cart Discount Amount": "2.00",
}  # fmt: skip


def test_etsy_items_bear_their_share_of_a_refund():
    """Of 47, 39 were goods; 44 came back, postage and tax among them."""
    item = {"Sale Date": "09/03/26", "Item Name": "Fox", "Buyer": "ada", "Quantity": "1",
            "Price": "39.00", "Transaction ID": "9001", "Order ID": "3001"}  # fmt: skip
    order = {"Sale Date": "9/3/2026", "Order ID": "3001", "Number of Items": "1",
             "Order Value": "39.00", "Order Total": "47.00",
             "Adjusted Order Total": "3.00"}  # fmt: skip
    dataset = load([upload("etsy_order_items", item), upload("etsy_orders", order)])
    lines = dataset.lines.collect()
    assert lines["quantity"].to_list() == [1.0]
    assert lines["revenue"].item() == pytest.approx(39 * 3 / 47, abs=1e-3)


def test_woocommerce_item_cost_is_after_the_discount():
    """The plugin writes `get_item_total`, of which the coupon is off already."""
    item = {"SKU": "MUG", "Item Name": "Mug", "Quantity (- Refund)": "2", "Item Cost": "9.00"}
    dataset = load([upload("woo_advanced_order_export", WOO | item)])
    assert revenue(dataset) == 18.0
    assert dataset.lines.collect()["discount"].to_list() == [2.0]


WEBTOFFEE = {
    "order_id": "501", "order_number": "501", "order_date": "2026-09-06 06:29:00",
    "status": "completed", "order_total": "25.00", "order_currency": "USD",
    "billing_email": "ada@example.org",
    "line_item_1": "name:Mug|product_id:11|sku:MUG|quantity:2|total:20.00",
}  # fmt: skip


@pytest.mark.parametrize(
    ("refund", "left", "reason"),
    [
        ("amount:5.00|reason:broken|date:2026-09-07", 16.0, []),
        ("amount:5.00|reason:|date:x;amount:2.50|reason:|date:x", 14.0, []),
        ("", 20.0, []),
    ],
)
def test_webtoffee_part_refunds_are_taken_off(refund, left, reason):
    dataset = load([upload("woo_webtoffee", WEBTOFFEE | {"refund_items": refund})])
    assert (revenue(dataset), aside(dataset)) == (left, reason)


def test_webtoffee_whole_refunds_are_set_aside():
    other = WEBTOFFEE | {
        "order_id": "2",
        "order_number": "2",
        "refund_items": "amount:25.00|reason:",
    }
    assert aside(load([upload("woo_webtoffee", WEBTOFFEE, other)])) == ["refunded"]


EBAY = {
    "Sales Record Number": "10", "Order Number": "12-1", "Buyer Username": "ada_b",
    "Item Number": "501", "Item Title": "Mug", "Quantity": "1", "Sold For": "$10.00",
    "Sale Date": "Sep-18-26", "Paid On Date": "Sep-18-26",
}  # fmt: skip


def test_ebay_orders_that_were_never_paid_are_no_sales():
    several = EBAY | {"Sales Record Number": "11", "Order Number": "12-2"}
    rows = [
        EBAY,
        several | {"Item Number": "", "Item Title": "", "Quantity": "2", "Sold For": "$20.00"},
        several | {"Paid On Date": "", "Buyer Username": ""},
        several | {"Paid On Date": "", "Buyer Username": "", "Item Number": "502"},
        EBAY | {"Sales Record Number": "12", "Order Number": "", "Paid On Date": ""},
    ]
    dataset = load([upload("ebay_orders", *rows)])
    assert (revenue(dataset), sorted(aside(dataset))) == (30.0, ["summary_row", "unpaid"])


def test_ebay_amounts_of_two_currencies_are_never_added_up():
    abroad = EBAY | {"Sales Record Number": "11", "Order Number": "12-2"}
    rows = [EBAY, abroad | {"Sold For": "$5.00"}, abroad | {"Sold For": "EUR 90,00"}]
    dataset = load([upload("ebay_orders", *rows)])
    assert (revenue(dataset), dataset.currency) == (15.0, "USD")
    assert aside(dataset) == ["other_currency"]


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("AU $10.00", "AUD"), ("1 234,50 €", "EUR"), ("£10.00", "GBP"), ("GBP 10.00", "GBP")],
)
def test_ebay_amounts_name_their_currency(amount, currency):
    assert load([upload("ebay_orders", EBAY | {"Sold For": amount})]).currency == currency


def test_ebay_files_without_days_of_payment_are_not_judged():
    dataset = load([upload("ebay_orders", EBAY | {"Paid On Date": ""})])
    assert (revenue(dataset), aside(dataset)) == (10.0, [])


PAID_OUT = {
    "Transaction creation date": "Aug 15, 2026", "Type": "Order", "Order number": "11-1",
    "Buyer username": "ada_b", "Item ID": "501", "Item title": "Mug", "Custom label": "--",
    "Quantity": "2", "Item subtotal": "20.00", "Shipping and handling": "3.00",
    "Gross transaction amount": "23.00", "Transaction currency": "USD",
}  # fmt: skip
BACK = PAID_OUT | {
    "Transaction creation date": "Aug 16, 2026", "Type": "Refund", "Item ID": "--",
    "Quantity": "--", "Item subtotal": "--", "Shipping and handling": "--",
}  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "back"), [("-23.00", -20.0), ("-5.00", -5.0), ("-20.00", -20.0)]
)
def test_ebay_refunds_name_neither_goods_nor_units(amount, back):
    rows = [PAID_OUT, BACK | {"Gross transaction amount": amount}]
    dataset = load([upload("ebay_transactions", *rows)])
    lines = dataset.lines.collect().select("product_id", "quantity", "revenue")
    assert lines.rows() == [("501", 2.0, 20.0), ("501", -1.0, back)]
    assert aside(dataset) == []


def test_ebay_refunds_of_orders_before_the_report_count_whole():
    rows = [PAID_OUT, BACK | {"Order number": "10-9", "Gross transaction amount": "-8.00"}]
    assert revenue(load([upload("ebay_transactions", *rows)])) == 12.0


def test_woocommerce_analytics_of_older_versions():
    columns = [*layouts.LAYOUTS["woo_analytics_orders_server"]["columns"][:-2], "N. Revenue"]
    row = ["2026-03-01 09:30:00", "501", "$25.00", "completed", "Ada", "new", "2× Mug", "2", "",
           "20.00"]  # fmt: skip
    text = "\n".join(",".join(line) for line in (columns, row))
    dataset = load([Upload("orders.csv", f"{text}\n".encode())])
    assert dataset.reconciliation.files[0].format == "woo_analytics_orders_server"
    assert revenue(dataset) == 20.0


AMAZON = {
    "amazon-order-id": "026-1", "purchase-date": "2026-06-17T08:04:21+00:00", "sku": "MUG",
    "order-status": "Shipped", "item-status": "Shipped", "quantity": "1", "currency": "INR",
    "item-price": "20.00",
}  # fmt: skip


@pytest.mark.parametrize(
    ("order", "item", "reason"),
    [
        ("Pending", "Unshipped", "unpaid"), ("Cancelled", "", "cancelled"),
        ("Shipped", "Cancelled", "cancelled"), ("Unshipped", "Unshipped", None),
        ("Shipped - Returned to Seller", "Shipped", "refunded"),
        ("Shipped - Delivered to Buyer", "Shipped", None),
    ],
)  # fmt: skip
def test_amazon_the_orders_status_counts_beside_the_items(order, item, reason):
    other = AMAZON | {"amazon-order-id": "026-2", "order-status": order, "item-status": item}
    assert aside(load([upload("amazon_all_orders", AMAZON, other)])) == ([reason] if reason else [])


SQUARE = {"Date": "2026-02-03", "Time": "09:15:00", "Transaction ID": "T1"}


def test_square_refunds_of_an_amount_are_taken_off():
    rows = [
        SQUARE | {"Net Sales": "$8.00", "Total Collected": "$8.00", "Partial Refunds": "$0.00"},
        SQUARE | {"Transaction ID": "T2", "Net Sales": "$0.00", "Total Collected": "-$3.00",
                  "Partial Refunds": "-$3.00", "Event Type": "Refund"},
    ]  # fmt: skip
    dataset = load([upload("square_transactions", *rows)])
    assert (revenue(dataset), aside(dataset)) == (5.0, [])


@pytest.mark.parametrize(
    ("status", "captured"),
    [("Paid", "FALSE"), ("Uncaptured", "false"), ("requires_payment_method", ""), ("Failed", "")],
)
def test_stripe_charges_that_brought_no_money_are_unpaid(status, captured):
    paid = {"id": "ch_1", "Created date (UTC)": "2026-07-10 18:37:41", "Amount": "20.00",
            "Amount Refunded": "0.00", "Status": "Paid", "Captured": "true"}  # fmt: skip
    other = paid | {"id": "ch_2", "Status": status, "Captured": captured}
    assert aside(load([upload("stripe_payments_new", paid, other)])) == ["unpaid"]
