"""Dates as shops write them, in the months of their language."""

from datetime import datetime

import polars as pl
import pytest

from core.intake import dates
from core.intake.load import Upload, load

HEADER = "Order ID,Date,Customer,SKU,Product,Quantity,Price"


def read(*written, order=None, to=None):
    found = dates.find(written, order)
    values = pl.DataFrame({"x": written}).select(found.parse(pl.col("x"), to)).to_series()
    return [value and value.isoformat() for value in values]


@pytest.mark.parametrize(
    ("language", "months"),
    [
        ("French", "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc."),
        ("French in full", "janvier février mars avril mai juin juillet août septembre octobre"
                           " novembre décembre"),
        ("German", "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez"),
        ("German in full", "Januar Februar März April Mai Juni Juli August September Oktober"
                           " November Dezember"),
        ("Spanish", "ene feb mar abr may jun jul ago sep oct nov dic"),
        ("Spanish in capitals", "ENE FEB MAR ABR MAY JUN JUL AGO SEP OCT NOV DIC"),
        ("Portuguese", "jan fev mar abr mai jun jul ago set out nov dez"),
        ("Portuguese in full", "janeiro fevereiro março abril maio junho julho agosto setembro"
                               " outubro novembro dezembro"),
        ("Italian", "gen feb mar apr mag giu lug ago set ott nov dic"),
        ("Dutch", "jan feb mrt apr mei jun jul aug sep okt nov dec"),
        ("English in full", "January February March April May June July August September October"
                            " November December"),
        ("American", "Jan. Feb. Mar. Apr. May June July Aug. Sept. Oct. Nov. Dec."),
    ],
)  # fmt: skip
def test_all_twelve_months(language, months):
    names = months.split()
    written = [f"5 {name} 2026" for name in names]
    assert read(*written) == [f"2026-{m:02d}-05T00:00:00" for m in range(1, 13)], language
    short = [f"05-{name}-26" for name in names if len(name.rstrip(".")) == 3]
    numbers = [m for m, name in enumerate(names, 1) if len(name.rstrip(".")) == 3]
    assert not short or read(*short) == [f"2026-{m:02d}-05T00:00:00" for m in numbers]


@pytest.mark.parametrize(
    ("written", "order", "iso"),
    [
        ("5/14/2026, 1:23:45 PM", "mdy", "2026-05-14T13:23:45"),
        ("5/14/2026, 1:23:45\u202fPM", "mdy", "2026-05-14T13:23:45"),
        ("14.05.2026, 13:23:45", "dmy", "2026-05-14T13:23:45"),
        ("Mar 1 2026", None, "2026-03-01T00:00:00"),
        ("14. Mai 2026", None, "2026-05-14T00:00:00"),
        ("Thu, 14 May 2026 11:23:45 +0000", None, "2026-05-14T11:23:45"),
        ("Thursday, May 14, 2026", None, "2026-05-14T00:00:00"),
        ("2026-05-14 11:23:45.123456+00", None, "2026-05-14T11:23:45.123456"),
        ("2026/05/14 11:23:45 GMT+9", None, "2026-05-14T11:23:45"),
        ("12/31/26 12:00 AM", "mdy", "2026-12-31T00:00:00"),
        ("12/31/26 12:00 PM", "mdy", "2026-12-31T12:00:00"),
    ],
)
def test_a_shape_by_itself(written, order, iso):
    assert read(written, order=order) == [iso]


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-05-14 11:23:45+00", "2026-05-14T11:23:45"),
        ("2026-05-14 11:23:45-03", "2026-05-14T14:23:45"),
        ("2026-05-14T11:23:45+05:30", "2026-05-14T05:53:45"),
        ("2026-05-14 11:23:45 -0400", "2026-05-14T15:23:45"),
        ("2026/05/14 11:23:45 GMT+9", "2026-05-14T02:23:45"),
    ],
)
def test_hours_from_greenwich_are_taken_into_account(written, utc):
    assert read(written, to="UTC") == [utc]


def test_no_row_of_a_portuguese_year_is_lost():
    months = ["jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"]
    rows = [f"{i},05-{month}-26,a,A,Mug,1,2" for i, month in enumerate(months)]
    dataset = load([Upload("o.csv", "\n".join([HEADER, *rows, ""]).encode())])
    assert dataset.facts["lines"] == 12
    assert dataset.reconciliation.set_aside.is_empty()


def test_days_counted_by_a_spreadsheet_are_dates_where_the_column_is_called_so():
    """A workbook saved as CSV with the dates as numbers; an order number is none."""
    text = "Order,Date,SKU,Qty,Price\n45001,45662.5,A,1,2\n45002,45663,B,1,2\n"
    lines = load([Upload("orders.csv", text.encode())]).lines.collect()
    assert lines["ordered_at"].to_list() == [datetime(2025, 1, 5, 12), datetime(2025, 1, 6)]
    assert lines["order_id"].to_list() == ["45001", "45002"]
