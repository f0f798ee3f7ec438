"""Instacart's files: no prices and no dates, so nothing over time or in money can be asked of them.

They are recognised, so that the reader is told why; products and aisles become tables.
Source: https://www.kaggle.com/c/instacart-market-basket-analysis
"""

from core.intake.sources.source import Source

ORDERS = Source(
    name="instacart_orders",
    required=frozenset({"order_id", "user_id", "order_number", "days_since_prior_order"}),
    headers=frozenset({"eval_set", "order_dow", "order_hour_of_day"}),
    columns={"order_id": ("order_id",), "customer_id": ("user_id",)},
    table="orders",
)

ITEMS = Source(
    name="instacart_order_products",
    required=frozenset({"order_id", "product_id", "add_to_cart_order", "reordered"}),
    columns={"order_id": ("order_id",), "product_id": ("product_id",)},
    joins=("instacart_orders",),
)

PRODUCTS = Source(
    name="instacart_products",
    required=frozenset({"product_id", "product_name", "aisle_id", "department_id"}),
    columns={
        "product_id": ("product_id",),
        "product_name": ("product_name",),
        "category": ("aisle_id",),
    },
    table="products",
)

AISLES = Source(
    name="instacart_aisles",
    required=frozenset({"aisle_id", "aisle"}),
    columns={"category": ("aisle_id",), "category_name": ("aisle",)},
    table="categories",
)

SOURCES = (ORDERS, ITEMS, PRODUCTS, AISLES)
