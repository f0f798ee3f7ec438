"""The command line's contract (docs/outputs.md): files, columns, exit status, one-line refusals."""

import gzip
import json
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import polars as pl
import pytest

from core.__main__ import ANSWERS, HORIZONS, cli, run, spread, starts
from core.analyses import MODULES, load
from core.options import fields

ROOT = Path(__file__).parents[2]
HEADER = "order_id,ordered_at,customer_id,product_id,quantity,unit_price\n"
FILES = {
    "segments": {"customers", "segments"},
    "rules": {"rules"},
    "recommendations": {"recommendations", "similar_products"},
    "churn": {"churn"},
    "inventory": {"forecast", "inventory"},
}


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> list[str]:
    """The medium demo shop's files, written by `shopscope sample`."""
    folder = tmp_path_factory.mktemp("demo")
    assert run(["sample", "medium", "--out", str(folder / "shop.csv")]) == 0
    return [str(path) for path in sorted(folder.iterdir())]


@pytest.fixture(scope="session")
def analysed(demo, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("out")
    assert run(["analyse", *demo, "--out", str(out), "--seed", "1"]) == 0
    return out


def test_report_is_one_file_with_every_answer(demo, tmp_path, capsys):
    path = tmp_path / "new folder" / "report.html"
    command = ["analyse", *demo, "--out", str(tmp_path / "out"), "--report", str(path)]
    assert run([*command, "--only", "segments,inventory"]) == 0
    document = path.read_text("utf-8")
    for chapter in ("segments-en", "inventory-en", "segments-zh", "inventory-zh"):
        assert f'<section id="{chapter}">' in document
    assert "churn-en" not in document
    assert document.count('data-chart="segments-en-') >= 2
    assert "default-src 'none'" in document
    assert str(path) in capsys.readouterr().err


def test_report_says_what_the_data_cannot_carry(tmp_path):
    orders = tmp_path / "orders.csv"
    orders.write_text(HEADER + "1,2024-01-05,a,t1,1,5.00\n", "utf-8")
    path = tmp_path / "report.html"
    command = ["analyse", str(orders), "--out", str(tmp_path / "out"), "--report", str(path)]
    assert run([*command, "--only", "churn"]) == 0
    assert 'class="caution"' in path.read_text("utf-8")
    cautions = re.findall(r'<p class="caution">(.*?)</p>', path.read_text("utf-8"))
    assert len(cautions) == 2  # one per language, each in its own
    assert [bool(re.search("[\u4e00-\u9fff]", said)) for said in cautions] == [False, True]


def test_report_counts_what_the_summary_counts(tmp_path):
    """Up to the day asked about, and no further: also where it tells what changed."""
    orders, path, earlier = (tmp_path / name for name in ("orders.csv", "r.html", "earlier"))
    lines = "".join(f"{n},2024-01-{n:02d},c{n % 5},t1,1,5.00\n" for n in range(1, 29))
    orders.write_text(HEADER + lines, "utf-8")
    words = ["analyse", str(orders), "--only", "churn", "--out"]
    assert run([*words, str(earlier), "--as-of", "2024-01-10"]) == 0
    asked = ["--as-of", "2024-01-20", "--report", str(path), "--before", str(earlier)]
    assert run([*words, str(tmp_path / "out"), *asked]) == 0
    document = path.read_text("utf-8")
    assert "20 orders from 1 Jan 2024 to 20 Jan 2024." in document
    assert re.search(r">10</td><td[^>]*>20</td><td[^>]*>100.0%<", document)


def test_report_and_summary_end_the_last_weeks_on_the_same_day(tmp_path):
    """On the day asked about, though no order came on it."""
    orders, path, out = (tmp_path / name for name in ("orders.csv", "r.html", "out"))
    lines = "".join(f"{n},2024-01-{n:02d},c{n % 5},t1,1,5.00\n" for n in range(1, 29))
    orders.write_text(HEADER + lines + "29,2024-03-20,c1,t1,1,5.00\n", "utf-8")
    words = ["analyse", str(orders), "--only", "churn", "--as-of", "2024-02-20", "--out", str(out)]
    assert run(words) == 0
    assert run([*words, "--report", str(path), "--before", str(out)]) == 0
    figures = json.loads((out / "summary.json").read_text("utf-8"))["figures"]
    recent = [row["value"] for row in figures if row["group"] == "last_28_days"]
    assert recent[0] == 5
    told = re.findall(r"<td>Last 28 days</td><td[^>]*>([^<]*)</td><td[^>]*>([^<]*)<",
                      path.read_text("utf-8"))  # fmt: skip
    assert [now for _, now in told] == [then for then, _ in told]
    assert told[0] == ("5", "5")


def test_what_changed_needs_a_report_to_stand_in(tmp_path, capsys):
    orders = tmp_path / "orders.csv"
    orders.write_text(HEADER + "1,2024-01-05,a,t1,1,5.00\n", "utf-8")
    words = ["analyse", str(orders), "--out", str(tmp_path / "out"), "--before", str(tmp_path)]
    assert run(words) == 2
    assert "--report" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("days", ["7", "28", "200", "365"])
def test_no_horizon_that_is_admitted_aborts_a_run(days, tmp_path):
    orders = tmp_path / "orders.csv"
    orders.write_text(HEADER + "1,2024-01-05,a,t1,1,5.00\n", "utf-8")
    path = tmp_path / "report.html"
    command = ["analyse", str(orders), "--out", str(tmp_path / "out"), "--report", str(path)]
    assert run([*command, "--horizon-days", days, "--seed", "1000000"]) == 0
    assert path.exists()


def test_horizon_and_seed_are_what_the_configs_allow():
    ranges = {
        (name, field.name): field.range for name in MODULES for field in fields(load(name).Config)
    }
    for name, most in HORIZONS.items():
        allowed = ranges[name, "horizon_days"]
        assert (allowed.low, allowed.high) == (7, most)
    given = {option.name: option.type for option in cli.commands["analyse"].params}
    assert (given["horizon_days"].min, given["horizon_days"].max) == (7, max(HORIZONS.values()))
    seeds = [found for (_, option), found in ranges.items() if option == "seed"]
    assert {(found.low, found.high) for found in seeds} == {(given["seed"].min, given["seed"].max)}


def failing(error):
    def fail(*_args, **_options):
        raise error

    return fail


def test_a_stop_is_one_word(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("core.intake.load.load", failing(KeyboardInterrupt()))
    assert run(["analyse", "x.csv", "--out", str(tmp_path / "out")]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "shopscope: stopped."


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left"), "{out}: No space left"),
        (OSError("No space left"), "{out}: No space left"),
        (pl.exceptions.ComputeError("nested\nplan"), "a table cannot be read or written: nested"),
    ],
)
def test_a_failure_to_write_is_one_line(error, said, tmp_path, monkeypatch, capsys):
    orders, out = tmp_path / "orders.csv", tmp_path / "out"
    orders.write_text(HEADER + "1,2024-01-05,a,t1,1,5.00\n", "utf-8")
    monkeypatch.setattr("core.report.write", failing(error))
    assert run(["analyse", str(orders), "--out", str(out), "--only", "churn"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "shopscope: " + said.format(out=out)


def test_a_folder_in_a_files_place_is_named(tmp_path, capsys):
    orders, out = tmp_path / "orders.csv", tmp_path / "out"
    orders.write_text(HEADER + "1,2024-01-05,a,t1,1,5.00\n", "utf-8")
    (out / "set_aside.csv").mkdir(parents=True)
    assert run(["analyse", str(orders), "--out", str(out), "--only", "churn"]) == 2
    refusal = capsys.readouterr().err.splitlines()[-1]
    assert "set_aside.csv" in refusal
    assert "None" not in refusal


def test_an_analysis_named_twice_is_asked_once(tmp_path, capsys):
    orders = tmp_path / "orders.csv"
    orders.write_text(HEADER + "1,2024-01-05,a,t1,1,5.00\n", "utf-8")
    command = ["analyse", str(orders), "--out", str(tmp_path / "out"), "--only", "churn,churn"]
    assert run(command) == 0
    assert capsys.readouterr().err.count("churn: ") == 1


@pytest.mark.parametrize("option", ["--out", "--report"])
def test_a_place_that_cannot_be_written_is_refused_at_once(demo, tmp_path, capsys, option):
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    places = {"--out": tmp_path / "out", "--report": tmp_path / "report.html"}
    places[option] = tmp_path / "notes.txt" / "results"
    given = [str(part) for pair in places.items() for part in pair]
    assert run(["analyse", *demo, *given]) == 2
    said = capsys.readouterr().err
    assert f"cannot be written: see {tmp_path / 'notes.txt'}" in said
    assert "reading" not in said  # it is said before the first file
    assert not (tmp_path / "out").exists()


def test_report_needs_a_file(demo, tmp_path, capsys):
    assert run(["analyse", *demo, "--out", str(tmp_path), "--report", str(tmp_path)]) == 2
    assert "name a file" in capsys.readouterr().err


def test_writes_every_file(analysed):
    tables = set().union(*FILES.values())
    written = {path.name for path in analysed.iterdir()}
    assert {"summary.json", "set_aside.csv"} | {f"{name}.csv" for name in tables} <= written


def test_summary_reconciles(analysed):
    said = json.loads((analysed / "summary.json").read_text("utf-8"))
    read = sum(file["rows_read"] for file in said["input"] if file["table"] == "lines")
    shop = said["shop"]
    assert read == shop["lines"] + sum(shop["rows_set_aside"].values())
    assert pl.read_csv(analysed / "set_aside.csv", infer_schema=False).height == sum(
        shop["rows_set_aside"].values()
    )
    assert set(said["analyses"]) == set(ANSWERS)
    assert {found["status"] for found in said["analyses"].values()} == {"ok"}
    for found in said["analyses"].values():
        assert {"status", "reason", "seconds", "options", "evidence"} <= set(found)
        assert None not in (found["options"]["as_of"],)


def test_predictions_carry_evidence(analysed):
    said = json.loads((analysed / "summary.json").read_text("utf-8"))["analyses"]
    for name in ("recommendations", "churn", "inventory"):
        scores = said[name]["evidence"]
        assert any(score["baseline"] for score in scores), name
        assert any(score["chosen"] for score in scores), name
        assert any(score["low"] is not None for score in scores), name


def test_same_input_and_seed_give_the_same_bytes(demo, analysed, tmp_path):
    assert run(["analyse", *demo, "--out", str(tmp_path), "--seed", "1"]) == 0
    for path in analysed.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_shuffled_rows_give_the_same_tables(demo, analysed, tmp_path):
    orders = next(path for path in demo if "stock" not in path)
    shuffled = tmp_path / "shop.csv"
    frame = pl.read_csv(orders, infer_schema=False)
    frame.sample(fraction=1, shuffle=True, seed=3).write_csv(shuffled)
    others = [path for path in demo if path != orders]
    out = tmp_path / "out"
    assert run(["analyse", str(shuffled), *others, "--out", str(out), "--seed", "1"]) == 0
    for name in set().union(*FILES.values()):
        assert (out / f"{name}.csv").read_bytes() == (analysed / f"{name}.csv").read_bytes(), name


def test_parquet_holds_the_same_rows(demo, analysed, tmp_path):
    words = ["analyse", *demo, "--out", str(tmp_path), "--format", "parquet", "--only", "segments"]
    assert run(words) == 0
    for name in FILES["segments"]:
        parquet = pl.read_parquet(tmp_path / f"{name}.parquet")
        csv = pl.read_csv(analysed / f"{name}.csv", infer_schema=False)
        assert parquet.columns == csv.columns
        assert parquet.height == csv.height
        assert parquet.columns[: len(CONTRACT_FIRST[name])] == CONTRACT_FIRST[name]


CONTRACT_FIRST = {"customers": ["customer_id", "first_order"], "segments": ["scheme", "segment"]}


def test_only_and_as_of_and_horizon_and_period_are_followed(demo, tmp_path):
    words = ["--only", "churn,inventory", "--as-of", "2026-03-31", "--by", "month"]
    words += ["--horizon-days", "60", "--out"]
    assert run(["analyse", *demo, *words, str(tmp_path)]) == 0
    said = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert list(said["analyses"]) == ["churn", "inventory"]
    forecast = pl.read_csv(tmp_path / "forecast.csv")
    assert forecast["period_start"].unique().sort().to_list() == ["2026-04-01", "2026-05-01"]
    assert forecast["period_end"].unique().sort().to_list() == ["2026-04-30", "2026-05-30"]
    assert said["analyses"]["churn"]["options"]["horizon_days"] == 60
    assert said["shop"]["last_order"] < "2026-04-01"
    assert said["shop"]["rows_set_aside"]["after_as_of"] > 0
    assert not (tmp_path / "rules.csv").exists()


def test_evaluate_shows_methods_beside_baselines(demo, capsys):
    assert run(["evaluate", *demo, "--only", "recommendations"]) == 0
    out = capsys.readouterr().out
    assert "popularity" in out
    assert "baseline" in out


def test_map_overrules_the_recognised_columns(tmp_path):
    export = tmp_path / "odd.csv"
    lines = "".join(f"{n},2026-01-{n % 28 + 1:02d},c{n % 9},p{n % 4},1,2.50\n" for n in range(90))
    export.write_text("a1,b2,c3,d4,e5,f6\n" + lines, "utf-8")
    words = ["--map", "a1=order_id", "b2=ordered_at", "c3=customer_id", "d4=product_id"]
    words += ["e5=quantity", "f6=unit_price"]
    done = run(spread(["analyse", str(export), "--out", str(tmp_path / "o"), *words]))
    assert done == 0
    said = json.loads((tmp_path / "o" / "summary.json").read_text("utf-8"))
    assert said["shop"]["lines"] == 90
    assert said["shop"]["revenue"] == pytest.approx(225)


def test_a_column_named_by_hand_that_no_file_has_is_refused(tmp_path, capsys):
    orders = tmp_path / "orders.csv"
    orders.write_text(HEADER + "1,2024-01-05,a,t1,1,5.00\n", "utf-8")
    words = ["analyse", str(orders), "--out", str(tmp_path / "out"), "--map"]
    assert run([*words, "coupon code=coupon"]) == 2
    refusal = capsys.readouterr().err.splitlines()[-1]
    assert "coupon code" in refusal
    assert "unit_price" in refusal
    assert run([*words, "=coupon", "--map", " Unit_Price =unit_price", "--only", "churn"]) == 0


def test_what_starts_the_dashboard(tmp_path):
    orders = tmp_path / "orders.csv"
    orders.write_text(HEADER, "utf-8")
    for words in ([], ["--demo"], ["--data", "x.csv"], ["--port", "1"], [str(orders)]):
        assert starts(words)
    for words in (["-h"], ["--help"], ["--version"], ["analyse"], ["anlyse", "--out", "o"]):
        assert not starts(words)


def test_a_command_that_is_not_there_is_one_line(capsys):
    assert run(["anlyse", "x.csv", "--out", "o"]) == 2
    (refusal,) = capsys.readouterr().err.splitlines()
    assert refusal.startswith("shopscope: No such command 'anlyse'.")


@pytest.mark.parametrize("words", [["-h"], ["analyse", "-h"]])
def test_the_short_word_for_help(words, capsys):
    assert run(words) == 0
    assert "Usage: shopscope" in capsys.readouterr().out


def test_a_day_is_asked_for_in_words(capsys):
    assert run(["analyse", "x.csv", "--out", "o", "--as-of", "2026-13-01"]) == 2
    assert "2026-13-01 is no day: write it as YYYY-MM-DD" in capsys.readouterr().err


def test_words_after_a_spreading_option_belong_to_it():
    assert spread(["--data", "a.csv", "b.csv", "--demo"]) == [
        "--data", "a.csv", "--data", "b.csv", "--demo",
    ]  # fmt: skip
    assert spread(["analyse", "--map", "A=b", "C=d", "x.csv"]) == [
        "analyse", "--map", "A=b", "--map", "C=d", "x.csv",
    ]  # fmt: skip


def bad_inputs() -> dict[str, bytes]:
    rows = "1,2026-01-13,c,p,1,2\n2,2026-01-14,d,q,1,2\n"
    day_month = "".join(f"{n},0{n}/0{n + 1}/2026,c{n},p,1,2\n" for n in range(1, 8))
    ids = "".join(f"5.8E+17,2026-01-{n:02d},c,p,1,2\n" for n in range(10, 28))
    return {
        "empty.csv": b"",
        "header_only.csv": HEADER.encode(),
        "image.csv": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
        "page.csv": b"<!DOCTYPE html><html><body><table><tr><td>1</td></tr></table></body></html>",
        "no_dates.csv": b"order_id,customer_id,product_id,quantity\n1,a,p,1\n2,b,q,1\n",
        "no_ids.csv": b"ordered_at,quantity,unit_price\n2026-01-13,1,2\n2026-01-14,1,2\n",
        "which_month.csv": (HEADER + day_month).encode(),
        "damaged_ids.csv": (HEADER + ids).encode(),
        "cut.csv.gz": gzip.compress((HEADER + rows * 500).encode())[:-40],
        "nothing.zip": b"PK\x05\x06" + b"\0" * 18,
    }


@pytest.mark.parametrize("name", bad_inputs())
def test_bad_input_is_one_line_and_status_2(name, tmp_path, capsys):
    path = tmp_path / name
    path.write_bytes(bad_inputs()[name])
    assert run(["analyse", str(path), "--out", str(tmp_path / "out")]) == 2
    refusal = capsys.readouterr().err.strip().splitlines()[-1]
    assert refusal.startswith("shopscope: ")
    assert name in refusal
    assert not (tmp_path / "out").exists()


def zip_bomb(members: int, blocks: int) -> bytes:
    """A ZIP whose members unpack to `blocks` x 16 MiB of zeros, made without unpacking."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = deflate.compress(bytes(1 << 24)) + deflate.flush(zlib.Z_FULL_FLUSH)
    body, size = block * blocks + deflate.flush(), blocks << 24
    archive, directory = b"", b""
    for number in range(members):
        name = f"orders{number}.csv".encode()
        facts = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, 0, len(body), size, len(name), 0)
        place = struct.pack("<HHHII", 0, 0, 0, 0, len(archive))
        directory += b"PK\x01\x02\x14\x00" + facts + place + name
        archive += b"PK\x03\x04" + facts + name + body
    end = struct.pack("<HHHHIIH", 0, 0, members, members, len(directory), len(archive), 0)
    return archive + directory + b"PK\x05\x06" + end


def test_a_zip_with_ten_gigabytes_inside_is_refused(tmp_path, capsys):
    path = tmp_path / "bomb.zip"
    path.write_bytes(zip_bomb(members=3, blocks=220))
    with zipfile.ZipFile(path) as archive:
        assert sum(member.file_size for member in archive.infolist()) > 10 * 10**9
    assert run(["analyse", str(path), "--out", str(tmp_path / "out")]) == 2
    assert "bomb.zip" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["analyse", "missing.csv", "--out", "o"],
        ["analyse", "--out", "o"],
        ["analyse", "x.csv"],
        ["analyse", "x.csv", "--out", "o", "--only", "nonsense"],
        ["analyse", "x.csv", "--out", "o", "--as-of", "yesterday"],
        ["analyse", "x.csv", "--out", "o", "--horizon-days", "0"],
        ["sample", "nonsense", "--out", "o.csv"],
        ["nonsense"],
    ],
)
def test_bad_options_are_one_line_and_status_2(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(words) == 2
    assert len(capsys.readouterr().err.strip().splitlines()[-1]) > 20


def test_python_m_core_reaches_the_same():
    done = subprocess.run(
        [sys.executable, "-m", "core", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(word in done.stdout for word in ("analyse", "evaluate", "sample", "--demo"))


def test_the_real_export_reconciles_to_the_cent(real_export):
    """541,909 rows, 9,288 cancellation lines, 5,268 exact repeats, 9,747,747.93 in all."""
    from core.intake.load import Upload, load

    dataset = load([Upload(real_export.name, real_export)])
    found = dataset.reconciliation
    assert found.files[0].rows_read == 541_909 == found.reasons["rows"].sum()
    assert found.reasons["money"].sum() == pytest.approx(9_747_747.93, abs=0.005)
    kept = found.reasons.filter(pl.col("reason") == "kept")
    assert kept["rows"].sum() == dataset.facts["lines"]
    assert kept["money"].sum() == pytest.approx(
        dataset.lines.select(pl.col("revenue").sum()).collect().item(), abs=0.01
    )
