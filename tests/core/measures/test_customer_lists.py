"""Customer lists: the columns of each tool, addresses, hashes."""

import polars as pl
import pytest

from core.measures.customer_lists import ADVERTISING, TOOLS, has_addresses, take_away

WANTED = {
    "klaviyo": "Email Address",
    "mailchimp": "Email Address",
    "shopify": "Email",
    "meta": "email",
    "google": "Email",
}
TEXT = pl.Series(["Loyal", "New"])


def keys(*values):
    return pl.DataFrame({"customer_id": list(values)})


@pytest.mark.parametrize("tool", TOOLS)
def test_first_column_is_the_one_the_tool_matches_on(tool):
    found = take_away(keys(" Ann@Shop.de ", "b@c.org"), tool, TEXT, TEXT, hashed=False)
    assert found.columns[0] == WANTED[tool]
    assert found[found.columns[0]].to_list() == ["ann@shop.de", "b@c.org"]


def test_hash_of_a_published_example():
    """Google Ads API docs hash the normalised address; SHA-256 of `test@example.com`."""
    found = take_away(keys(" TEST@example.com", "b@c.org"), "google", TEXT, TEXT)
    wanted = "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"
    assert found["Email"][0] == wanted


@pytest.mark.parametrize("tool", sorted(ADVERTISING))
def test_a_hashed_list_holds_no_address_in_clear(tool):
    known = pl.DataFrame({"customer_id": ["17850"], "address": ["c@d.org"]})
    for addresses in (None, known):
        found = take_away(keys(" Ann@x.com", "17850"), tool, TEXT, TEXT, addresses=addresses)
        assert "@" not in found.write_csv()
    clear = take_away(keys(" Ann@x.com", "17850"), tool, TEXT, TEXT, hashed=False)
    assert "ann@x.com" in clear[WANTED[tool]].to_list()


def test_a_hashed_key_is_the_hashed_address():
    found = take_away(keys("ann@x.com", "17850"), "meta", TEXT, TEXT)
    assert found["extern_id"].to_list() == [found["email"][0], "17850"]


def test_mailing_tools_are_never_hashed():
    found = take_away(keys("a@b.org", "b@c.org"), "klaviyo", TEXT, TEXT)
    assert found["Email Address"][0] == "a@b.org"


@pytest.mark.parametrize("tool", TOOLS)
def test_keys_that_are_no_addresses_stay_keys(tool):
    found = take_away(keys("17850", "C-2"), tool, TEXT, TEXT)
    if tool == "google":
        assert found.is_empty()
    else:
        assert found[WANTED[tool]].null_count() == 2
        assert "17850" in {value for column in found.columns for value in found[column]}


@pytest.mark.parametrize("tool", TOOLS)
def test_addresses_of_a_list_loaded_for_this_serve(tool):
    known = pl.DataFrame({"customer_id": ["17850"], "address": [" Ann@Shop.de "]})
    found = take_away(keys("C-2", "17850"), tool, TEXT, TEXT, hashed=False, addresses=known)
    there = ["ann@shop.de"] if tool == "google" else [None, "ann@shop.de"]
    assert found[WANTED[tool]].to_list() == there


def test_recognises_addresses():
    assert has_addresses(keys("a@b.org", "b@c.org", "x"))
    assert not has_addresses(keys("1", "2", "a@b.org"))
    assert not has_addresses(keys().cast(pl.String))
