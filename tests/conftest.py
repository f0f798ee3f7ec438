"""Fixtures shared by every test."""

import importlib
import importlib.util

import pytest

from core.analyses import MODULES

ANALYSES = [importlib.import_module(f"core.analyses.{name}") for name in MODULES.values() if importlib.util.find_spec(f"core.analyses.{name}")]


@pytest.fixture(params=ANALYSES, ids=lambda module: module.__name__.rpartition(".")[2])
def analysis(request):
    """Each analysis in turn: a new one is covered by being in MODULES."""
    return request.param
