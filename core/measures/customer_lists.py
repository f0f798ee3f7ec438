"""Customer lists in the columns that mailing and advertising tools read.

    klaviyo    Email Address, External ID, RFM group, Reason      profile import
    mailchimp  Email Address, Tags, Reason                        audience import
    shopify    Email, Tags, Note                                  customer import
    meta       email, extern_id                                   customer list custom audience
    google     Email                                              Customer Match

A shop whose customer key is the e-mail address gets it in the e-mail column (trimmed, lower case),
or the address of a list loaded for this (`core.intake.addresses`). Otherwise that column is empty,
the key stands where the tool has a place for it, and google, which has none, gets no list. Meta and
Google match on SHA-256 of the normalised address: `hashed`, and then a key that is an address is
hashed too.

Source: Meta Business Help 2082575038703844, "How to format a customer list"; Google Ads Help
7659867, "Format your customer data file"; Klaviyo Help 115005078967 (the first column's header is
"Email Address"); Mailchimp, "Format guidelines for your import file"; Shopify, customer CSV.
"""

import hashlib
from typing import Literal, get_args

import polars as pl

Tool = Literal["klaviyo", "mailchimp", "shopify", "meta", "google"]
TOOLS: tuple[Tool, ...] = get_args(Tool)
ADVERTISING = frozenset({"meta", "google"})
ADDRESS = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"


def has_addresses(customers: pl.DataFrame) -> bool:
    """Whether most customer keys are e-mail addresses."""
    keys = customers["customer_id"].str.strip_chars()
    return customers.height > 0 and float(keys.str.contains(ADDRESS).mean() or 0) > 0.5  # type: ignore[arg-type]


def take_away(
    customers: pl.DataFrame,
    tool: Tool,
    group: pl.Series,
    reason: pl.Series,
    *,
    hashed: bool = True,
    addresses: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The list for `tool`. group, reason: a text per customer, in the order of `customers`.

    addresses: customer_id, address, where the keys are none. Empty for google where there is no
    address.
    """
    address, key = _addresses(customers, addresses), customers["customer_id"]
    if tool in ADVERTISING and hashed:
        address, key = _sha256(address), _sha256(_addresses(customers, None)).fill_null(key)
    table = pl.DataFrame(
        {"address": address, "key": key, "group": group, "reason": reason},
        schema=dict.fromkeys(("address", "key", "group", "reason"), pl.String),
    )
    columns = COLUMNS[tool]
    if tool == "google":
        table = table.drop_nulls("address")
    return table.select([pl.col(source).alias(name) for name, source in columns.items()])


COLUMNS: dict[Tool, dict[str, str]] = {
    "klaviyo": {
        "Email Address": "address",
        "External ID": "key",
        "RFM group": "group",
        "Reason": "reason",
    },
    "mailchimp": {
        "Email Address": "address",
        "Tags": "group",
        "Customer ID": "key",
        "Reason": "reason",
    },
    "shopify": {"Email": "address", "Tags": "group", "Note": "reason", "Customer ID": "key"},
    "meta": {"email": "address", "extern_id": "key"},
    "google": {"Email": "address"},
}


def _addresses(customers: pl.DataFrame, known: pl.DataFrame | None) -> pl.Series:
    """Each customer's address, known or the key itself, trimmed and in lower case; else null."""
    keys = customers.select("customer_id", address="customer_id")
    if known is not None:
        keys = customers.select("customer_id").join(
            known, on="customer_id", how="left", maintain_order="left"
        )
    tidy = pl.col("address").str.strip_chars().str.to_lowercase()
    return keys.select(address=pl.when(tidy.str.contains(ADDRESS)).then(tidy)).to_series()


def _sha256(texts: pl.Series) -> pl.Series:
    """SHA-256 in hexadecimal; polars' own hash is another one."""
    digests = [None if t is None else hashlib.sha256(t.encode()).hexdigest() for t in texts]
    return pl.Series("address", digests, dtype=pl.String)
