"""Every export format the app knows. To add one: a file here, its name below."""

from core.intake.sources import demo, etsy, shopify, taobao, uci, woocommerce
from core.intake.sources.source import Source

SOURCES: tuple[Source, ...] = (
    *uci.SOURCES,
    *shopify.SOURCES,
    *woocommerce.SOURCES,
    *etsy.SOURCES,
    *taobao.SOURCES,
    *demo.SOURCES,
)

BY_NAME = {source.name: source for source in SOURCES}
