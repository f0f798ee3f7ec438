"""Every word on screen exists in both languages, and no word is left over."""

import ast
import string
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from core.dataset import COUNTED
from core.intake.sources import SOURCES
from core.options import fields
from core.schema import ORDER_LINES
from dashboard import i18n, state
from dashboard.i18n import LANGUAGES, TEXT, read, sources
from dashboard.navigation import MENU

ROOT = Path(__file__).parents[2]
CODE = [file for folder in ("core", "dashboard", "pages") for file in (ROOT / folder).rglob("*.py")]
SPEAKERS = {"t", "safe", "Finding"}
FORMATS = {"money", "cents", "percent", "integer", "number", "ratio", "date", "label"}


@cache
def calls() -> list[tuple[Path, ast.Call]]:
    return [
        (file, node)
        for file in CODE
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and node.args
    ]


@cache
def errors() -> frozenset[str]:
    """CoreError and every class below it, by name."""
    found = {"CoreError"}
    trees = [ast.parse(file.read_text("utf-8")) for file in CODE]
    classes = [n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.ClassDef)]
    for _ in classes:
        found |= {c.name for c in classes if {getattr(b, "id", "") for b in c.bases} & found}
    return frozenset(found)


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "id", "") or getattr(call.func, "attr", "")


def literals(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return [*literals(node.body), *literals(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def spoken() -> set[str]:
    """The literal first argument of everything that speaks, plus the menu's titles."""
    speakers = SPEAKERS | errors()
    found = {text for _, c in calls() if name_of(c) in speakers for text in literals(c.args[0])}
    return found | said_in_templates() | {title for _, title, _ in MENU}


def said_in_templates() -> set[str]:
    """The literal first argument of every t(...) in a template."""
    return {
        call.args[0].value
        for file in (ROOT / "dashboard" / "assets").glob("*.jinja")
        for call in Environment().parse(file.read_text("utf-8")).find_all(nodes.Call)
        if getattr(call.node, "name", "") == "t"
    }


def slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_sentence_is_translated(language):
    assert sorted(spoken() - set(i18n.sentences(language))) == []


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_no_translation_is_left_over(language):
    assert sorted(set(i18n.sentences(language)) - spoken()) == []


@pytest.mark.parametrize("folder", ["zh", "terms"])
def test_no_word_stands_in_two_files(folder):
    counted = Counter(word for file in sources(folder) for word in read(file))
    assert [word for word, count in counted.items() if count > 1] == []


def test_no_sentence_is_put_together_by_hand():
    """A sentence is one literal: an f-string cannot be looked up."""
    speakers = SPEAKERS | errors()
    assert [
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for file, call in calls()
        if name_of(call) in speakers and isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
    ] == []


@pytest.mark.parametrize("file", sources("zh"), ids=lambda file: file.stem)
def test_translations_keep_every_placeholder(file):
    assert {en: slots(zh) for en, zh in read(file).items()} == {en: slots(en) for en in read(file)}


def lists(text: str) -> set[tuple[str, str]]:
    found = {(name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name and spec}
    return {(name, spec) for name, spec in found if spec in ("names", "labels")}


@pytest.mark.parametrize("file", sources("zh"), ids=lambda file: file.stem)
def test_translations_part_words_where_the_sentence_does(file):
    assert {en: lists(zh) for en, zh in read(file).items()} == {en: lists(en) for en in read(file)}


@pytest.mark.parametrize("file", sources("terms"), ids=lambda file: file.stem)
def test_every_term_has_every_language(file):
    assert [
        name
        for name, entry in read(file).items()
        if not set(LANGUAGES) <= set(entry)
        or set(entry.get("help", LANGUAGES)) != set(LANGUAGES)
        or entry.get("format", "label") not in FORMATS
        or entry.get("better", "lower") not in {"lower", "higher"}
    ] == []


def test_method_notes_exist_in_every_language():
    notes = [{note.name for note in (TEXT / language).glob("*.md")} for language in LANGUAGES]
    assert all(found == notes[0] for found in notes)


def test_canonical_columns_have_terms():
    assert sorted((set(ORDER_LINES) | set(COUNTED)) - set(i18n.terms())) == []


def test_every_layout_has_a_name():
    assert sorted({source.name for source in SOURCES} - set(i18n.terms())) == []


def test_every_option_and_choice_has_a_term(analysis):
    options = fields(analysis.Config)
    named = {option.name for option in options}
    choices = {c for option in options for c in option.choices if isinstance(c, str)}
    assert sorted((named | choices | set(analysis.NEEDS.at_least)) - set(i18n.terms())) == []


def test_every_file_to_take_away_has_a_name(analysis, answered):
    assert sorted(set(answered(analysis).files()) - set(i18n.terms())) == []


def test_a_sentence_without_translation_stays_english():
    with state.speaking("zh"):
        assert i18n.t("No such sentence: {n:integer}.", n=1200) == "No such sentence: 1,200."


def test_a_broken_translation_does_not_break_the_page():
    assert i18n.t("Needs {name}.") == "Needs {name}."


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("A*B* $5$", "A\\*B\\* \\$5\\$"),
        ("![x](http://a.b/c.png)", "\\!\\[x\\]\\(http\u200c\\:\\/\\/a\\.b\\/c\\.png\\)"),
        ("one\ntwo", "one two"),
        ("\u202eevil", "\ufffdevil"),
    ],
)
def test_text_from_the_data_is_not_markdown(text, kept):
    assert i18n.plain(text) == kept


@pytest.mark.parametrize(
    ("language", "spec", "value", "written"),
    [
        ("en", "money", 1234.5, "1,234"),
        ("en", "money", 12.5, "12.50"),
        ("en", "money", -0.31, "-0.31"),
        ("en", "money", -0.001, "0.00"),
        ("en", "cents", 9_747_747.93, "9,747,747.93"),
        ("zh", "percent", 0.0712, "7.1%"),
        ("en", "percent", 0.712, "71%"),
        ("en", "percent", -0.0001, "0.0%"),
        ("zh", "integer", 12000, "12,000"),
        ("en", "ratio", 0.5, "0.50"),
        ("zh", "label", "auto", "自动"),
        ("en", "names", ["a.csv", "b.csv"], "a.csv, b.csv"),
        ("zh", "names", ["a.csv", "b.csv"], "a.csv、b.csv"),
        ("en", "labels", ["products_table", "stock_table"], "Products, Stock"),
        ("zh", "labels", ["products_table", "stock_table"], "商品、库存"),
    ],
)
def test_values_are_written_by_locale(language, spec, value, written):
    with state.speaking(language):
        assert i18n.value(value, spec) == written


@pytest.mark.parametrize(("language", "first"), [("en", "It is 0.5 kg."), ("zh", "共 0.5 千克。")])
def test_of_several_sentences_the_first(language, first, monkeypatch):
    said = "It is {n} kg. No more."
    monkeypatch.setattr(i18n, "sentences", lambda _: {said: "共 {n} 千克。没有了。"})
    with state.speaking(language):
        assert i18n.write(said, {"n": 0.5}, brief=True) == first
