"""Olist's seven files: items joined to orders, orders to people, products to English categories.

`customer_id` names an order's customer record, not a person: `customer_unique_id` does. One row
per unit, no quantity.
Source: https://www.kaggle.com/datasets/olistbr/brazilian-ecommerce
"""

from core.intake.sources.source import Source

ORDERS = Source(
    name="olist_orders",
    required=frozenset({"order_id", "customer_id", "order_status", "order_purchase_timestamp"}),
    headers=frozenset({"order_approved_at", "order_delivered_customer_date"}),
    columns={
        "order_id": ("order_id",),
        "ordered_at": ("order_purchase_timestamp",),
        "order_customer_id": ("customer_id",),
        "customer_id": ("customer_id",),
        "status": ("order_status",),
    },
    table="orders",
    joins=("olist_customers",),
    currency="BRL",
)

ITEMS = Source(
    name="olist_order_items",
    required=frozenset({"order_id", "order_item_id", "product_id", "seller_id", "freight_value"}),
    headers=frozenset({"shipping_limit_date", "price"}),
    columns={
        "order_id": ("order_id",),
        "product_id": ("product_id",),
        "unit_price": ("price",),
    },
    joins=("olist_orders",),
    currency="BRL",
)

CUSTOMERS = Source(
    name="olist_customers",
    required=frozenset({"customer_id", "customer_unique_id", "customer_state"}),
    headers=frozenset({"customer_zip_code_prefix", "customer_city"}),
    columns={
        "order_customer_id": ("customer_id",),
        "customer_id": ("customer_unique_id",),
        "country": ("customer_state",),
    },
    table="lookup",
    join_on="order_customer_id",
    also={"customers": {"customer_id": ("customer_unique_id",), "country": ("customer_state",)}},
)

PAYMENTS = Source(
    name="olist_order_payments",
    required=frozenset({"order_id", "payment_sequential", "payment_type", "payment_value"}),
    columns={},
    table="payments",
)

PRODUCTS = Source(
    name="olist_products",
    required=frozenset({"product_id", "product_category_name", "product_photos_qty"}),
    headers=frozenset({"product_name_lenght", "product_weight_g", "product_length_cm"}),
    columns={"product_id": ("product_id",), "category": ("product_category_name",)},
    table="products",
)

REVIEWS = Source(
    name="olist_order_reviews",
    required=frozenset({"review_id", "order_id", "review_score", "review_creation_date"}),
    headers=frozenset({"review_comment_title", "review_comment_message"}),
    columns={
        "order_id": ("order_id",),
        "reviewed_at": ("review_creation_date",),
        "rating": ("review_score",),
        "text": ("review_comment_message",),
    },
    table="reviews",
)

CATEGORIES = Source(
    name="olist_category_translation",
    required=frozenset({"product_category_name", "product_category_name_english"}),
    columns={
        "category": ("product_category_name",),
        "category_name": ("product_category_name_english",),
    },
    table="categories",
)

SOURCES = (ORDERS, ITEMS, CUSTOMERS, PAYMENTS, PRODUCTS, REVIEWS, CATEGORIES)
