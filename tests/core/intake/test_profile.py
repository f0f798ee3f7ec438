"""What was corrected once is remembered for the shop's next export."""

import pytest

from core.errors import IntakeError
from core.intake import profile
from core.intake.load import Cleaning, Upload, load

FILE = "Bon,Wann,Wer,Artikel,Stück,Betrag\n" + "".join(
    f"{i},0{1 + i % 9}/05/2024,k{i % 3},A{i % 4},1,2.5\n" for i in range(30)
)
COLUMNS = FILE.splitlines()[0].split(",")
CORRECTED = Cleaning(
    mapping=("Bon=order_id", "Wann=ordered_at", "Wer=customer_id", "Artikel=product_id",
             "Stück=quantity", "Betrag=unit_price"),
    date_order="dmy",
    keep_repeats=True,
)  # fmt: skip


def test_written_and_read_again():
    made = profile.of(COLUMNS, CORRECTED)
    assert profile.parsed(profile.written(made), "p.toml") == made


def test_the_next_export_picks_it_up(tmp_path):
    profile.remember(profile.of(COLUMNS, CORRECTED), "Ada's shop / Köln", tmp_path)
    upload = Upload("may.csv", FILE.encode())
    cleaning = profile.applied([upload], Cleaning(), profile.kept(tmp_path).values())
    assert cleaning == CORRECTED
    assert load([upload], cleaning).facts["customers"] == 3


def test_other_columns_and_given_options_are_left_alone(tmp_path):
    profile.remember(profile.of(COLUMNS, CORRECTED), "shop", tmp_path)
    kept = profile.kept(tmp_path).values()
    other = Upload("o.csv", FILE.replace("Betrag", "Preis").encode())
    assert profile.applied([other], Cleaning(), kept) == Cleaning()
    asked = Cleaning(date_order="mdy")
    assert profile.applied([Upload("may.csv", FILE.encode())], asked, kept) == asked


def test_the_same_columns_are_remembered_once(tmp_path):
    profile.remember(profile.of(COLUMNS, CORRECTED), "one", tmp_path)
    profile.remember(profile.of(COLUMNS[::-1], Cleaning(date_order="mdy")), "two", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["two.toml"]
    assert [p.cleaning.date_order for p in profile.kept(tmp_path).values()] == ["mdy"]


def test_two_exports_of_one_name_are_both_remembered(tmp_path):
    """Every other shop calls its file orders.csv."""
    others = ["Nr", "Tag", "Ware"]
    for columns in (COLUMNS, others, COLUMNS):
        profile.remember(profile.of(columns, CORRECTED), "orders", tmp_path)
    known = {p.columns for p in profile.kept(tmp_path).values()}
    assert known == {profile.of(c, CORRECTED).columns for c in (COLUMNS, others)}


def test_a_name_is_never_a_path(tmp_path):
    path = profile.remember(profile.of(COLUMNS, CORRECTED), "../../etc/passwd", tmp_path)
    assert path.parent == tmp_path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "columns = 3",
        "columns = ['a']\n[read]\ncolour = 'red'",
        "]",
        "columns = ['a']\n[read]\ndate_order = 'xyz'",
    ],
)
def test_a_damaged_profile_is_refused_and_passed_over(text, tmp_path):
    with pytest.raises(IntakeError, match="not a profile"):
        profile.parsed(text, "p.toml")
    (tmp_path / "p.toml").write_text(text)
    assert profile.kept(tmp_path) == {}
