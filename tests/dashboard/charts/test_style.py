"""The palette can be read: on both pages, by the colour-blind, from the back row."""

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest

from dashboard.charts import INK, MUTED, PALE, PALETTE
from dashboard.charts.profiles import DIVERGING

CONFIG = Path(__file__).parents[3] / ".streamlit" / "config.toml"
THEME = tomllib.loads(CONFIG.read_text("utf-8"))["theme"]
#: What each kind of eye makes of linear RGB (Machado, Oliveira & Fernandes 2009, severity 1).
EYES = {
    "usual": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
               [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour: str) -> np.ndarray:
    """sRGB "#rrggbb" -> linear RGB."""
    parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2: (L1 + 0.05) / (L2 + 0.05)."""
    light, dark = sorted((XYZ[1] @ linear(one), XYZ[1] @ linear(other)), reverse=True)
    return float((light + 0.05) / (dark + 0.05))


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB of linear RGB, D65."""
    scaled = XYZ @ np.clip(rgb, 0, 1) / np.array([0.9505, 1, 1.089])
    f = np.where(scaled > 0.008856, np.cbrt(scaled), 7.787 * scaled + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("page", ["light", "dark"])
def test_marks_stand_out_from_the_page(page):
    on = THEME[page]["backgroundColor"]
    assert {c: contrast(c, on) for c in (*PALETTE, MUTED) if contrast(c, on) < 3} == {}


@pytest.mark.parametrize("page", ["light", "dark"])
def test_text_and_links_are_read_on_every_ground(page):
    grounds = [THEME[page]["backgroundColor"], THEME[page]["secondaryBackgroundColor"]]
    inks = [THEME[page]["textColor"], THEME[page]["primaryColor"]]
    assert min(contrast(ink, ground) for ink in inks for ground in grounds) >= 4.5


def test_figures_are_read_on_every_cell_of_a_heat_map():
    cells = [*PALE, *(colour for _, colour in DIVERGING)]
    assert {cell: contrast(INK, cell) for cell in cells if contrast(INK, cell) < 4.5} == {}


@pytest.mark.parametrize("eye", EYES)
def test_no_two_colours_look_alike(eye):
    seen = [lab(np.array(EYES[eye]) @ linear(colour)) for colour in PALETTE]
    apart = {
        (a, b): np.linalg.norm(seen[a] - seen[b]) for a, b in itertools.combinations(range(8), 2)
    }
    assert min(apart.values()) > 15
    assert min(far for (a, b), far in apart.items() if max(a, b) < 5) > 20


def test_the_theme_has_the_same_palette():
    assert tuple(THEME["chartCategoricalColors"]) == PALETTE
