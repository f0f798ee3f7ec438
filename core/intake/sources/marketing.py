"""Traffic and advertising: GA4 (report download and BigQuery events), Meta Ads, Google Ads."""

import polars as pl

from core.intake.sources import grain
from core.intake.sources.source import Source

ITEM = pl.List(
    pl.Struct(
        {
            "item_id": pl.String,
            "item_name": pl.String,
            "item_category": pl.String,
            "price": pl.Float64,
            "quantity": pl.Float64,
        }
    )
)


def _events(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Purchases as one row per item, one unit where it names none; other events are set aside."""
    bought = (pl.col("event_name") == "purchase").fill_null(value=False)
    listed = pl.when(bought & pl.col("items").str.starts_with("[")).then("items")
    order = pl.col("ecommerce").str.extract(r'"transaction_id"\s*:\s*"?([^",}]+)', 1)
    items = rows.with_columns(
        pl.when(~bought).then(pl.lit("not_a_sale")).alias(grain.REASON),
        item=listed.str.json_decode(ITEM),
        transaction=order,
        moment=pl.col("event_timestamp").str.slice(0, 10),
    ).explode("item", empty_as_null=True)
    units = pl.col("item").struct.field("quantity")
    return items.with_columns(
        code=pl.coalesce(pl.col("item").struct.field("item_id", "item_name")),
        title=pl.col("item").struct.field("item_name"),
        kind=pl.col("item").struct.field("item_category"),
        units=grain.text(pl.when(pl.col("item").is_not_null()).then(units.fill_null(1))),
        each=grain.text(pl.col("item").struct.field("price")),
    )


EVENTS = Source(
    name="ga4_bigquery",
    required=frozenset({"event_date", "event_timestamp", "event_name", "ecommerce", "items"}),
    headers=frozenset({"event_params", "user_pseudo_id", "device", "geo", "traffic_source"}),
    columns={
        "order_id": ("transaction",),
        "ordered_at": ("moment",),
        "customer_id": ("user_id", "user_pseudo_id"),
        "product_id": ("code",),
        "product_name": ("title",),
        "category": ("kind",),
        "quantity": ("units",),
        "unit_price": ("each",),
        "channel": ("platform",),
    },
    prepare=_events,
    repeats_are_lines=True,
)

REPORT = Source(
    name="ga4_ui_csv",
    required=frozenset({"sessions", "engaged sessions"}),
    headers=frozenset({"engagement rate", "event count", "key events", "total revenue"}),
    columns={
        "day": ("date",),
        "channel": (
            "session primary channel group", "session default channel group",
            "first user default channel group", "session source / medium", "channel",
        ),
        "sessions": ("sessions",),
    },
    aliases={
        "会话数": "sessions", "互动会话数": "engaged sessions", "日期": "date",
        "会话主要渠道组": "session primary channel group", "sitzungen": "sessions",
        "sitzungen mit interaktionen": "engaged sessions", "datum": "date",
    },
    table="traffic",
)  # fmt: skip


def _named(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Without the row that sums up all campaigns, which names none."""
    return rows.filter(grain.filled(pl.col("campaign name")))


META = Source(
    name="meta_ads",
    required=frozenset({"reporting starts", "reporting ends", "campaign name", "impressions"}),
    headers=frozenset({"ad set name", "ad name", "reach", "frequency", "results"}),
    columns={
        "day": ("reporting starts",),
        "campaign": ("campaign name",),
        "cost": ("amount spent",),
        "clicks": ("link clicks",),
    },
    aliases={
        "début des rapports": "reporting starts", "fin des rapports": "reporting ends",
        "nom de la campagne": "campaign name", "montant dépensé": "amount spent",
        "clics sur un lien": "link clicks", "开始报告": "reporting starts",
        "结束报告": "reporting ends", "广告系列名称": "campaign name", "展示次数": "impressions",
        "已花费金额": "amount spent", "链接点击量": "link clicks",
    },
    prepare=_named,
    table="campaigns",
)  # fmt: skip


def _campaigns(rows: pl.LazyFrame) -> pl.LazyFrame:
    total = r"^\s*(?i:total|gesamt|totale|totaal|总计|合计)\s*(?:[:：].*)?$|^\s*--\s*$"
    return rows.filter(~pl.col("campaign").str.contains(total).fill_null(value=True))


GOOGLE = Source(
    name="google_ads",
    required=frozenset({"campaign", "clicks", "impr.", "cost"}),
    headers=frozenset({"campaign state", "campaign type", "ctr", "currency code", "avg. cpc"}),
    columns={
        "day": ("day",),
        "campaign": ("campaign",),
        "cost": ("cost",),
        "clicks": ("clicks",),
    },
    prepare=_campaigns,
    table="campaigns",
)

SOURCES = (EVENTS, REPORT, META, GOOGLE)
