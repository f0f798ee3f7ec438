"""Exports that overlap: an order that changed between two of them counts once, as it is now."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core.intake.load import Cleaning, Upload, load

HEADER = "Order ID,Date,Customer,SKU,Quantity,Price,Status"
OCTOBER = [
    "1,2024-10-01 09:00:00,a,A,1,10.0,completed",
    "2,2024-10-30 10:00:00,b,A,1,10.0,processing",
    "2,2024-10-30 10:00:00,b,B,2,5.0,processing",
    "3,2024-10-31 11:00:00,c,B,1,5.0,pending",
]
NOVEMBER = [
    "2,2024-10-30 10:00:00,b,A,1,10.0,completed",
    "2,2024-10-30 10:00:00,b,B,1,5.0,completed",
    "3,2024-10-31 11:00:00,c,B,1,5.0,cancelled",
    "4,2024-11-02 12:00:00,a,A,1,10.0,completed",
]


def csv(name, rows, header=HEADER):
    return Upload(name, "\n".join([header, *rows, ""]).encode())


def left_out(dataset):
    aside = dataset.reconciliation.set_aside.select("file", "row", "reason")
    return sorted(aside.filter(pl.col("reason") == "outdated").rows())


@pytest.mark.parametrize("turned", [False, True])
def test_the_newer_file_says_how_an_order_stands(turned):
    files = [csv("october.csv", OCTOBER), csv("november.csv", NOVEMBER)]
    dataset = load(files[::-1] if turned else files)
    assert left_out(dataset) == [("october.csv", n, "outdated") for n in (3, 4, 5)]
    assert dataset.lines.select(pl.col("revenue").sum()).collect().item() == 10 + 10 + 5 + 10
    assert dataset.facts["orders"] == 3
    books = dataset.reconciliation.reasons
    assert books["rows"].sum() == len(OCTOBER) + len(NOVEMBER)
    assert books["money"].sum() == 35.0 + 30.0


def test_the_lines_are_those_of_the_newest_file():
    both = load([csv("october.csv", OCTOBER), csv("all.csv", [OCTOBER[0], *NOVEMBER])])
    alone = load([csv("all.csv", [OCTOBER[0], *NOVEMBER])])
    left = [frame.lines.drop("source_file", "source_row").collect() for frame in (both, alone)]
    assert_frame_equal(*left)


def test_another_product_of_the_same_order_is_a_line_of_its_own():
    """An export by brand holds some lines of an order, the other brand's export the others."""
    one = csv("a.csv", [row for row in NOVEMBER if ",A," in row])
    other = csv("b.csv", [row for row in NOVEMBER if ",B," in row])
    assert left_out(load([one, other])) == []


def test_a_return_under_the_same_number_is_no_state_of_the_sale():
    back = "2,2024-11-05 08:00:00,b,A,-1,10.0,completed"
    dataset = load([csv("october.csv", OCTOBER[:2]), csv("november.csv", [back])])
    assert left_out(dataset) == []


def test_two_tills_that_count_from_one_every_day_are_two_tills():
    """Without a time of day and without customers an order's number may be another order's."""
    header = "Order ID,Date,SKU,Quantity,Price"
    north = ["1,2024-10-01,A,1,10.0", "2,2024-10-01,A,2,10.0"]
    south = ["1,2024-10-01,A,3,10.0", "2,2024-10-02,A,1,10.0"]
    dataset = load([csv("north.csv", north, header), csv("south.csv", south, header)])
    assert left_out(dataset) == []
    assert dataset.facts["lines"] == 4


def test_whoever_wants_counts_the_older_states_too():
    files = [csv("october.csv", OCTOBER), csv("november.csv", NOVEMBER)]
    dataset = load(files, Cleaning(keep_outdated=True))
    assert left_out(dataset) == []
    noted = dataset.reconciliation.kept_with_note.filter(note="outdated_kept")
    assert noted.select("file", "rows").rows() == [("october.csv", 2)]


def test_of_three_files_the_newest_counts():
    middle = [row.replace("processing", "on-hold") for row in OCTOBER[1:3]]
    november = [*NOVEMBER, "5,2024-11-03 12:00:00,a,A,1,10.0,completed"]
    files = [csv("1.csv", OCTOBER), csv("2.csv", middle), csv("3.csv", november)]
    dataset = load(files)
    kept = dataset.lines.filter(order_id="2").select("source_file").unique().collect()
    assert kept["source_file"].to_list() == ["3.csv"]
    assert len(left_out(dataset)) == 3 + 2


def test_files_of_two_systems_share_no_rows():
    """A till and a web shop, neither known: what they call alike does not make them repeats."""
    till = csv("till.csv", ["1,2024-10-01,a,Mug,1,10.0"], "Order,Date,Customer,Product,Qty,Price")
    web = csv(
        "web.csv",
        ["2024-10-01,900,b@x.org,Mug,2,12.0"],
        "Date,Order no,Email,Product,Units,Unit price",
    )
    dataset = load([till, web])
    assert dataset.reconciliation.reasons["reason"].to_list() == ["kept", "kept"]
    assert dataset.facts["lines"] == 2


def test_lines_and_contacts_in_files_without_a_column_in_common():
    lines = csv("own.csv", ["1,2024-10-01,a,Mug,1,10.0"], "Order,Date,Customer,Product,Qty,Price")
    other = csv("own2.csv", ["7,2024-11-01,Cup,2,3.0"], "Order no,Sold on,Item,Units,Unit price")
    assert load([lines, other]).facts["lines"] == 2
