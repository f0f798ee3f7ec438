"""What the reader may choose: empty cells, time zone, wholesale; and what a big file asks for."""

import polars as pl
import pytest

from core.errors import CoreError, IntakeError
from core.intake import memory, profile, quality
from core.intake.load import Cleaning, Upload, load

HEADER = "Order ID,Date,Customer,SKU,Product,Quantity,Price,Country"


def shop(*rows, header=HEADER, name="orders.csv"):
    return Upload(name, "\n".join([header, *rows, ""]).encode())


def sample(count=60):
    return [
        f"{1000 + i},2024-03-{1 + i % 28:02d},c{i % 7},SKU{i % 5},Thing {i % 5},1,{2 + i % 5},DE"
        for i in range(count)
    ]


GAPS = ["9,2024-03-05,a,SKU0,Thing 0,1,,DE", "9,2024-03-06,,SKU1,Thing 1,,3,"]


def test_left_alone_empty_cells_invent_no_sale():
    dataset = load([shop(*sample(), *GAPS)])
    assert dataset.reconciliation.missing.rows() == [
        ("quantity", 1, "drop"), ("unit_price", 1, "drop"), ("customer_id", 1, "keep"),
        ("country", 1, "keep"),
    ]  # fmt: skip
    assert sorted(dataset.reconciliation.set_aside["reason"]) == ["no_price", "no_quantity"]


@pytest.mark.parametrize(
    ("rule", "field", "value"),
    [
        ("unit_price=median", "unit_price", 2.0),
        ("unit_price=mean", "unit_price", 2.0),
        ("unit_price=constant:9.5", "unit_price", 9.5),
        ("quantity=most_frequent", "quantity", 1.0),
        ("quantity=constant:4", "quantity", 4.0),
        ("country=most_frequent", "country", None),
        ("country=constant:FR", "country", None),
    ],
)
def test_a_rule_fills_and_is_counted(rule, field, value):
    dataset = load([shop(*sample(), *GAPS)], Cleaning(missing=(rule, "quantity=constant:4"))
                   if field == "country" else Cleaning(missing=(rule,)))  # fmt: skip
    line = dataset.lines.filter(order_id="9").collect().to_dicts()[0]
    assert line[field] == (value or {"most_frequent": "DE"}.get(rule.split("=")[1], "FR"))
    assert line["revenue"] == line["quantity"] * line["unit_price"]
    noted = dataset.reconciliation.kept_with_note.filter(note="filled")
    assert noted["rows"].item() == 1
    assert dataset.reconciliation.reasons["rows"].sum() == 62


def test_a_price_is_filled_from_its_own_product():
    rows = [*sample(), "9,2024-03-05,a,SKU4,Thing 4,1,,DE"]
    dataset = load([shop(*rows)], Cleaning(missing=("unit_price=median",)))
    assert dataset.lines.filter(order_id="9").collect()["unit_price"].item() == 6.0


def test_a_field_can_be_demanded():
    dataset = load([shop(*sample(), *GAPS)], Cleaning(missing=("customer_id=drop",)))
    assert "missing_value" not in dataset.reconciliation.set_aside["reason"].to_list()
    rows = [*sample(), "9,2024-03-06,,SKU1,Thing 1,1,3,"]
    dataset = load([shop(*rows)], Cleaning(missing=("customer_id=drop",)))
    assert dataset.reconciliation.set_aside["reason"].to_list() == ["missing_value"]


@pytest.mark.parametrize(
    "rule", ["ordered_at=median", "unit_price=keep", "colour=drop", "quantity=constant:many",
             "country=constant:", "quantity"],
)  # fmt: skip
def test_a_rule_that_invents_or_makes_no_sense_is_refused(rule):
    with pytest.raises(IntakeError, match="no rule for missing values"):
        load([shop(*sample())], Cleaning(missing=(rule,)))


ZONED = "2024-07-01 10:00:00 +0200"


@pytest.mark.parametrize(
    ("written", "zone", "hour"),
    [
        (ZONED, None, 10), (ZONED, "Asia/Shanghai", 16), (ZONED, "America/New_York", 4),
        ("2024-07-01T10:00:00Z", "Europe/Berlin", 12),
        ("2024-07-01 10:00:00 UTC", "Asia/Tokyo", 19),
        ("Jul 1, 2024 10:00:00 AM PDT", "Europe/London", 18), ("1719828000", "Europe/Berlin", 12),
        ("2024-07-01 10:00:00", "Asia/Shanghai", 10),
    ],
)  # fmt: skip
def test_times_are_turned_into_the_shops_zone(written, zone, hour):
    rows = [row.replace(row.split(",")[1], f'"{written}"') for row in sample()]
    asked = Cleaning(time_zone=zone, mapping=("Date=ordered_at",))
    lines = load([shop(*rows)], asked).lines.collect()
    assert lines["ordered_at"].dt.hour().unique().to_list() == [hour]


def test_a_column_in_utc_says_so_in_its_name():
    rows = [row.replace(row.split(",")[1], "2024-07-01 10:00:00") for row in sample()]
    header = HEADER.replace("Date", "Created (UTC)")
    upload = shop(*rows, header=header)
    mapping = ("Created (UTC)=ordered_at",)
    lines = load([upload], Cleaning(mapping=mapping, time_zone="Asia/Shanghai")).lines.collect()
    assert lines["ordered_at"].dt.hour().unique().to_list() == [18]


def test_a_time_zone_that_is_none_is_refused():
    with pytest.raises(CoreError, match="no time zone"):
        load([shop(*sample())], Cleaning(time_zone="Middle/Earth"))


def test_day_first_dates_with_dashes_are_no_time_zone():
    rows = [row.replace("2024-03-" + row.split(",")[1][-2:], row.split(",")[1][-2:] + "-03-2024")
            for row in sample()]  # fmt: skip
    days = load([shop(*rows)]).lines.collect()["ordered_at"]
    assert (days.min().isoformat(), days.max().isoformat()) == (
        "2024-03-01T00:00:00", "2024-03-28T00:00:00",
    )  # fmt: skip


def test_choices_travel_in_the_profile():
    made = profile.of(
        HEADER.split(","),
        Cleaning(time_zone="Europe/Berlin", missing=("unit_price=median",), wholesale_apart=True),
    )
    assert profile.parsed(profile.written(made), "p.toml") == made


def test_wholesale_lines_are_noted_and_can_be_treated_apart():
    rows = [*sample(), "9,2024-03-05,a,SKU0,Thing 0,900,2,DE"]
    noted = load([shop(*rows)]).reconciliation.kept_with_note.filter(note="wholesale_kept")
    assert noted.select("rows", "money").rows() == [(1, 1800.0)]
    apart = load([shop(*rows)], Cleaning(wholesale_apart=True))
    assert apart.reconciliation.set_aside.select("row", "reason").rows() == [(62, "wholesale_line")]


def test_a_product_that_took_another_name_is_reported_with_its_row():
    rows = [
        f"{i},2024-{1 + i // 20:02d}-{1 + i % 20:02d},c{i % 7},SKU{i % 2},"
        f"{'Mug' if i < 60 or i % 2 else 'Vase'},1,3,DE"
        for i in range(120)
    ] + [f"x{i},2024-05-0{1 + i},c1,SKU1,MUG!,1,3,DE" for i in range(4)]
    found = quality.run(load([shop(*rows)]), quality.Config())
    assert found.rows.select("issue", "source_row", "found", "usual_value").rows() == [
        ("renamed_product", 62, "Vase", "Mug")
    ]
    assert "took another name" in str(found.explain()[0])


def test_a_new_name_that_two_files_use_is_reported_with_a_row_that_has_it():
    old = [f"{i},2024-01-{1 + i:02d},c,SKU0,Mug,1,3,DE" for i in range(5)]
    new = [f"{i},2024-02-{1 + i:02d},c,SKU0,Vase,1,3,DE" for i in range(5, 15)]
    files = [shop(*old, *new[:5], name="a.csv"), shop(*new[5:], name="b.csv")]
    found = load(files).reconciliation.renamed
    assert found.select("source_file", "source_row").rows() == [("a.csv", 7)]


def test_outliers_are_counted_by_robust_z():
    rows = [*sample(), "9,2024-03-05,a,SKU0,Thing 0,900,2,DE"]
    columns = quality.run(load([shop(*rows)]), quality.Config()).columns
    counted = dict(columns.select("column", "outliers").iter_rows())
    assert counted["quantity"] == 1
    assert counted["unit_price"] == 0
    assert counted["country"] is None


def test_rows_are_told_while_they_are_read_and_reading_can_be_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr("core.intake.read.BATCH", 20)
    path = tmp_path / "o.csv"
    path.write_bytes(shop(*sample(2000)).data)
    told = []
    load([Upload("o.csv", path)], progress=lambda rows, about: told.append((rows, about)))
    assert told[:-4] == sorted(told[:-4])
    assert told[-5][0] == 2001  # with the header
    assert told[-4:] == [(2000, 2000)] * 4  # the steps after the last batch
    assert told[0][1] == pytest.approx(2001, rel=0.02)

    class StoppedError(Exception):
        pass

    for last in (1, len(told)):
        calls = iter(range(1, last + 1))

        def stop(_rows, _about, calls=calls, last=last):
            if next(calls) == last:
                raise StoppedError

        with pytest.raises(StoppedError):
            load([Upload("o.csv", path)], folder=tmp_path / "kept", progress=stop)
        assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".arrow"])
def test_what_memory_cannot_hold_is_refused_before_it_is_read(tmp_path, monkeypatch, ending):
    path = tmp_path / f"o{ending}"
    frame = pl.read_csv(shop(*sample(5000)).data)
    {".csv": frame.write_csv, ".parquet": frame.write_parquet, ".arrow": frame.write_ipc}[ending](
        path
    )
    monkeypatch.setattr(memory, "free", lambda: memory.RESERVE + 1000)
    with pytest.raises(IntakeError, match="--data"):
        load([Upload(path.name, path)])
    monkeypatch.setattr(memory, "free", lambda: None)
    assert load([Upload(path.name, path)]).facts["lines"] == 5000


def test_free_memory_is_known_here():
    assert memory.free() is None or memory.free() > 1 << 20


def test_a_folder_of_monthly_exports_is_one_file(tmp_path):
    for month in range(3):
        rows = sample(60)[month * 20 : month * 20 + 20]
        (tmp_path / f"2024-0{month + 1}.csv").write_bytes(shop(*rows).data)
    (tmp_path / "notes.md").write_text("not an export")
    together = load([Upload("exports", tmp_path)])
    assert together.facts["lines"] == load([shop(*sample(60))]).facts["lines"]
    assert [file.name for file in together.reconciliation.files] == [
        f"exports/2024-0{month + 1}.csv" for month in range(3)
    ]


def test_a_cell_that_breaks_what_the_first_rows_promise_is_still_read(tmp_path):
    path = tmp_path / "o.csv"
    late = ["9,2024-03-05,a,SKU0,Thing 0,1,N/A,DE", '9,2024-03-05,a,SKU0,Thing 0,1,"1,234.50",DE']
    path.write_bytes(shop(*sample(3000), *late).data)
    dataset = load([Upload("o.csv", path)])
    assert dataset.reconciliation.reasons["rows"].sum() == 3002
    assert dataset.lines.select(pl.col("unit_price").max()).collect().item() == 1234.5
    assert dataset.reconciliation.set_aside["Price"].to_list() == ["N/A"]


def test_two_files_read_in_two_ways_still_know_their_repeats(tmp_path):
    """One whose cells are all as promised, one whose last cell is not: the same rows repeat."""
    for name, more in (("a.csv", []), ("b.csv", ["9,2024-03-05,a,SKU0,Thing 0,1,N/A,DE"])):
        (tmp_path / name).write_bytes(shop(*sample(3000), *more).data)
    dataset = load([Upload(name, tmp_path / name) for name in ("a.csv", "b.csv")])
    reasons = dict(dataset.reconciliation.reasons.group_by("reason").agg(pl.col("rows").sum())
                   .iter_rows())  # fmt: skip
    assert reasons == {"kept": 3000, "repeat": 3000, "no_price": 1}
