"""The site is made of what the app ships, builds without a complaint, and loads nothing."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.i18n import LANGUAGES, TEXT, sentences
from dashboard.navigation import MENU

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def generated():
    spec = importlib.util.spec_from_file_location("generated", ROOT / "docs" / "generated.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_note_of_the_app_is_a_page(generated, language):
    made = generated.pages()
    for note in (TEXT / language).glob("*.md"):
        assert note.read_text("utf-8") in made[f"{language}/{note.name}"]


def test_titles_are_the_menus(generated):
    chinese = sentences("zh")
    titled = {file: (title, chinese[title]) for file, title, _ in MENU if file != "help"}
    assert {file: (en, zh) for file, en, zh in generated.ANALYSES} == titled


def test_the_site_builds_and_loads_nothing_from_elsewhere(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-q", "-d", str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        text = page.read_text("utf-8")
        assert not re.findall(r"<script[^>]+src=.?https?:|<link[^>]+stylesheet[^>]+https?:", text)
    assert "中文" in (tmp_path / "glossary.html").read_text("utf-8")
