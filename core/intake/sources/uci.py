"""UCI Online Retail I and II: a UK gift shop's invoices, 2009-2011.

Invoice numbers that begin with C are returns with negative quantity; A ones adjust bad debt.
Source: https://archive.ics.uci.edu/dataset/352/online+retail and .../502/online+retail+ii
"""

from core.intake.sources.source import Source

#: Stock codes that are no product: postage, carriage, manual entries, discounts, samples, fees.
SERVICE = r"^(?i:POST|DOT|C2|C3|M|D|S|B|ADJUST2?|BANK CHARGES|AMAZONFEE|CRUK|TEST\d+|GIFT_\d+_\d+)$"

ONE = Source(
    name="uci_online_retail",
    required=frozenset({"invoiceno", "stockcode", "quantity", "invoicedate", "unitprice"}),
    columns={
        "order_id": ("invoiceno",),
        "product_id": ("stockcode",),
        "product_name": ("description",),
        "quantity": ("quantity",),
        "ordered_at": ("invoicedate",),
        "unit_price": ("unitprice",),
        "customer_id": ("customerid",),
        "country": ("country",),
    },
    date_order="mdy",
    currency="GBP",
    service=SERVICE,
)

TWO = Source(
    name="uci_online_retail_ii",
    required=frozenset({"invoice", "stockcode", "quantity", "invoicedate", "price"}),
    columns={
        "order_id": ("invoice",),
        "product_id": ("stockcode",),
        "product_name": ("description",),
        "quantity": ("quantity",),
        "ordered_at": ("invoicedate",),
        "unit_price": ("price",),
        "customer_id": ("customer id", "customerid"),
        "country": ("country",),
    },
    date_order="mdy",
    currency="GBP",
    service=SERVICE,
)

SOURCES = (ONE, TWO)
