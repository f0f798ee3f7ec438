"""The installed app in a real browser: upload, correct, read a number, take a table away."""

import gzip
import re

import polars as pl
import pytest
from playwright.sync_api import expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from core.intake.load import Upload, load
from dashboard.navigation import MENU
from sample_data.generate import orders_path
from tests.browser.conftest import fine, link, reach, settled, views

TITLES = {page: title for page, title, _ in MENU}


def opened(page, url, path=""):
    page.goto(f"{url}/{path}")
    settled(page)


def give(page, path):
    """Upload a file."""
    page.locator('[data-testid="stFileUploader"] input[type=file]').set_input_files(path)


def metric(page, label) -> str:
    box = page.get_by_test_id("stMetric").filter(has_text=label).first
    return box.get_by_test_id("stMetricValue").inner_text()


def figures(text: str) -> int:
    return int(re.sub(r"[^\d]", "", text))


def test_a_page_without_data_says_where_to_begin(page, server):
    opened(page, server[0], "segments")
    expect(page.get_by_role("link", name="Go to Data")).to_be_visible()
    fine(page, "no-data")


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """The small demo shop under headers of its own, one of which says nothing."""
    text = gzip.decompress(orders_path("small").read_bytes()).decode()
    header, rows = text.split("\n", 1)
    assert "quantity" in header
    path = tmp_path_factory.mktemp("export") / "my orders.csv"
    path.write_text(header.replace("quantity", "zzz") + "\n" + rows, "utf-8")
    return path


def test_upload_correct_a_column_read_a_number_take_a_table(page, server, export):
    url, log = server
    opened(page, url)
    give(page, export)
    expect(page.get_by_text("my orders.csv").first).to_be_visible()
    fine(page, "uploaded")

    page.get_by_role("radio", name="Columns").click()
    settled(page)
    box = page.get_by_role("combobox", name="Quantity")
    box.click()
    page.get_by_role("option", name="zzz", exact=True).click()
    settled(page)
    fine(page, "corrected")

    known = load([Upload("small.csv.gz", orders_path("small"))])
    link(page, TITLES["data"]).click()
    settled(page)
    assert figures(metric(page, "Orders")) == known.facts["orders"]
    revenue = known.lines.select(pl.col("revenue").sum()).collect().item()
    assert figures(metric(page, "Revenue")) == pytest.approx(revenue, abs=1)

    link(page, TITLES["segments"]).click()
    settled(page)
    downloads = page.get_by_test_id("stDownloadButton").filter(has_text="CSV")
    before = downloads.count()
    page.get_by_text("Take this page away").click()
    settled(page)
    assert downloads.count() > before
    with page.expect_download() as taken:
        downloads.last.click()
    assert taken.value.path().stat().st_size > 100
    assert "Traceback" not in log.read_text()


def test_a_file_is_uploaded_by_keys_alone(page, server, export):
    page.on("filechooser", lambda asked: asked.set_files(export))
    opened(page, server[0])
    reach(page, page.get_by_test_id("stFileUploader").locator("button"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("my orders.csv").first).to_be_visible()
    fine(page, "by-keys")


def test_a_mailing_is_measured_by_the_list_taken_away_for_it(page, server, tmp_path):
    """List with its hold-out, newer orders, the list again: what the mailing added is found."""
    url, log = server
    orders = pl.read_csv(orders_path("small"), infer_schema=False)
    early = orders.filter(pl.col("ordered_at") < "2026-06-01")
    early.write_csv(tmp_path / "early.csv")
    opened(page, url, "?lang=en")
    give(page, tmp_path / "early.csv")
    expect(page.get_by_text("Loaded: early.csv")).to_be_visible()
    link(page, TITLES["recommendations"]).click()
    settled(page)
    page.get_by_role("radio", name="Campaign list").click()
    settled(page)
    page.get_by_role("combobox", name="Write to nobody in").click()
    page.get_by_role("option", name="50% of them").click()
    settled(page)
    with page.expect_download() as taken:
        page.get_by_test_id("stMain").get_by_test_id("stDownloadButton").filter(
            has_text="CSV"
        ).first.click()
    taken.value.save_as(tmp_path / "list.csv")
    mailed = pl.read_csv(tmp_path / "list.csv", infer_schema=False)
    written_to = mailed.filter(message_group="message")
    assert 0 < written_to.height < mailed.height

    # All who were written to order the product on the day after the list, nobody else does.
    one = orders.filter(product_id=mailed["product_id"][0], status="completed").head(1)
    bought = one.drop("customer_id").join(written_to.select("customer_id"), how="cross")
    bought = bought.with_columns(order_id="customer_id", ordered_at=pl.lit("2026-06-01 12:00:00"))
    pl.concat([early, bought.select(orders.columns)]).write_csv(tmp_path / "later.csv")
    link(page, TITLES["data"]).click()
    settled(page)
    page.get_by_text("Load other files").click()
    give(page, tmp_path / "later.csv")
    expect(page.get_by_text("Loaded: later.csv")).to_be_visible()
    link(page, TITLES["recommendations"]).click()
    settled(page)
    page.get_by_text("What did an earlier mailing add?").click()
    give(page, tmp_path / "list.csv")
    said = f"Of {written_to.height} customers who were written to, 100% bought; of "
    expect(page.get_by_text(said)).to_be_visible()
    expect(page.get_by_text("The mailing worked")).to_be_visible()
    fine(page, "mailing")
    assert "Traceback" not in log.read_text()


def test_options_survive_a_visit_to_another_page(page, demo_server):
    opened(page, demo_server[0])
    page.get_by_text("Hide customer names").click()
    settled(page)
    link(page, TITLES["churn"]).click()
    settled(page)
    link(page, TITLES["segments"]).click()
    settled(page)
    expect(page.get_by_role("switch", name="Hide customer names")).to_be_checked()
    fine(page, "pseudonyms")

    scheme = page.get_by_test_id("stSidebar").get_by_role("combobox").first
    before = scheme.input_value()
    page.get_by_role("radio", name="中文").click()
    settled(page)
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    expect(scheme).not_to_have_value(before)
    assert re.search("[\u4e00-\u9fff]", scheme.input_value())


def test_a_refit_says_what_it_does_and_can_be_stopped(page, demo_server):
    opened(page, demo_server[0], "churn?lang=en")
    page.get_by_test_id("stSidebar").get_by_role("combobox", name="Method").click()
    page.get_by_role("option", name="Random forest").click()
    expect(page.get_by_text("Computing: Churn risk …")).to_be_visible()
    page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped. Change an option, or compute it after all.")).to_be_visible()
    fine(page, "stopped")


def test_a_click_in_a_view_runs_that_view_alone(page, demo_server):
    asked = []
    page.on("websocket", lambda ws: ws.on("framesent", lambda frame: asked.append(frame)))
    opened(page, demo_server[0], "overview?lang=en")
    asked.clear()
    page.get_by_role("radio", name="Products", exact=True).click()
    settled(page)
    expect(page.get_by_role("radio", name="Products", exact=True)).to_be_checked()
    runs = [BackMsg.FromString(frame).rerun_script for frame in asked]
    assert [bool(run.fragment_id) for run in runs if run.widget_states.widgets] == [True]


def test_a_segment_saved_in_one_view_is_there_in_the_others(page, demo_server):
    """Each of these clicks runs the open view alone, a fragment within the builder's own."""
    opened(page, demo_server[0], "segment_builder?lang=en")
    everybody = figures(metric(page, "Customers"))
    page.get_by_label("At least").fill("30")
    page.get_by_label("Name of the segment").fill("Quiet")
    page.get_by_label("Name of the segment").press("Enter")
    settled(page)
    assert 0 < figures(metric(page, "Customers")) < everybody
    page.get_by_role("button", name="Save", exact=True).click()
    settled(page)
    page.get_by_role("radio", name="Compare").click()
    settled(page)
    page.get_by_role("combobox", name="Compare with").click()
    page.get_by_role("option", name="Quiet", exact=True).click()
    page.get_by_role("radio", name="Saved", exact=True).click()
    settled(page)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Nothing saved yet")).to_be_visible()
    page.get_by_role("radio", name="Compare").click()
    settled(page)
    page.get_by_role("combobox", name="Compare with").click()
    expect(page.get_by_role("option", name="Quiet", exact=True)).to_have_count(0)
    fine(page, "saved-segment")


BAD = {
    "empty.csv": b"",
    "picture.csv": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
    "page.csv": b"<!DOCTYPE html><html><body><table><tr><td>1</td></tr></table></body></html>",
    "header.csv": b"order_id,ordered_at,customer_id,product_id,quantity,unit_price\n",
    "dates.csv": b"order_id,customer_id,product_id,quantity\n1,a,p,1\n2,b,q,1\n",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_sentence(page, server, tmp_path, name):
    (tmp_path / name).write_bytes(BAD[name])
    opened(page, server[0])
    give(page, tmp_path / name)
    expect(page.get_by_test_id("stAlert").filter(has_text=name)).to_be_visible()
    fine(page, f"bad-{name}")


def test_names_from_the_data_are_never_markup(page, server, tmp_path):
    """Links, images and scripts in names of all kinds stay text on every page, in every view."""
    text = gzip.decompress(orders_path("small").read_bytes()).decode()
    frame = pl.read_csv(text.encode(), infer_schema=False)
    hostile = [
        "<script>window.hit=1</script>",
        "![x](https://evil.example/x.png)",
        "[click](javascript:window.hit=1)",
        "<img src=x onerror=window.hit=1>",
        "$\\href{https://evil.example}{x}$",
        "=HYPERLINK(1)",
    ]

    def swapped(column):
        names = frame[column].drop_nulls().unique(maintain_order=True).to_list()
        bad = {name: hostile[i % len(hostile)] + str(i) for i, name in enumerate(names)}
        return frame[column].replace(bad)

    path = tmp_path / "hostile.csv"
    kinds = ("product_name", "category", "customer_id", "channel", "country", "coupon")
    frame.with_columns(map(swapped, kinds)).write_csv(path)
    opened(page, server[0])
    give(page, path)
    expect(page.get_by_text("hostile.csv").first).to_be_visible()
    for title in TITLES.values():
        link(page, title).click()
        settled(page)
        for place in range(max(1, views(page).count())):
            if place:
                views(page).nth(place).click()
            fine(page)
            assert page.evaluate("window.hit") is None
            assert page.locator("a[href*='evil.example'], a[href^='javascript:']").count() == 0
            assert page.locator("img[src*='evil.example'], .katex").count() == 0
