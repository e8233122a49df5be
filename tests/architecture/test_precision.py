"""A precision is declared once, as an option of commands, and checked once, by Engine.refusal: walk e of the house."""

import importlib
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_a_precision_is_declared_once_and_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    declared, checked = importlib.import_module("precision_places").precision_places()
    assert len(declared) == 1, "\n".join(["declare the option once, in cli/options/model_options:", *declared])
    assert len(checked) == 1, "\n".join(["let Engine.refusal decide, by Engine.supports:", *checked])
