"""Every export format the app knows. To add one: a file here, its name below."""

from core.intake.sources import (
    amazon,
    china,
    demo,
    ebay,
    etsy,
    instacart,
    marketing,
    olist,
    shopify,
    southeast_asia,
    square,
    stripe,
    taobao,
    uci,
    woocommerce,
)
from core.intake.sources.source import Source

PLATFORMS = (
    demo, shopify, woocommerce, amazon, etsy, ebay, square, stripe, taobao, china, southeast_asia,
    uci, olist, instacart, marketing,
)  # fmt: skip
SOURCES: tuple[Source, ...] = tuple(source for one in PLATFORMS for source in one.SOURCES)
