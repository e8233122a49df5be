"""What the measures of the code count, and that the stored ones hold every target."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    return importlib.import_module("house")


@pytest.fixture
def walk_tracer(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    return importlib.import_module("walk_tracer")


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> Callable:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    return importlib.import_module("precision_places").precision_places


def test_public_parts_and_their_docstrings(house, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text('def a():\n "x"\n\ndef _b(): ...\n\nclass C:\n def d(self): ...\n def _e(self): ...\n')
    parts = list(house.public_parts(path))
    assert [part.name for part in parts] == ["a", "C", "d"]
    assert [house.has_docstring(part) for part in parts] == [True, False, False]


def test_arrays_with_and_without_shapes(house, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        'def a(x: Float[Tensor, "h w"], y: "np.ndarray | None", n: int) -> dict[str, Tensor]: ...\n'
        'def b(x: Float[Tensor, "h w"] | None) -> list[Float32[np.ndarray, "n"]]: ...\n'
    )
    assert list(house.array_annotations(path)) == [True, False, False, True, True]


def test_what_counts_as_a_function_of_a_walk(walk_tracer, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        "class A:\n def __init__(self): ...\n def __call__(self): ...\n @property\n def p(self): ...\n"
        "def f():\n def inner(): ...\n return lambda: 1\n"
    )
    assert list(walk_tracer.functions(str(path)).values()) == ["A.__call__", "f", "f.inner"]


def test_the_stored_measures_are_all_there(house) -> None:
    stored = {(row["subject"], row["name"]) for row in json.loads(house.REPORT.read_text())["rows"]}
    for part, name in house.TARGETS:
        assert ((name, "value") if part == "form" else (house.WALKS[part], name)) in stored


def test_the_form_of_the_code_meets_its_targets(house) -> None:
    """Measured anew from the source, without a run: lengths, docstrings, shapes, tests of the same name, cycles."""
    numbers = house.form()
    bounds = {name: limits for (part, name), limits in house.TARGETS.items() if part == "form"}
    missed = {name: numbers[name] for name, (least, most) in bounds.items() if not least <= numbers[name] <= most}
    assert not missed, "\n".join([str(missed), "python docs/house.py --list shows where:", *house.missing()])


def test_fields_of_classes_are_annotations_too(house, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text('class A:\n x: np.ndarray\n y: Float[Tensor, "h w"]\n n: int\n')
    assert list(house.array_annotations(path)) == [False, True]


def test_what_counts_as_a_check_of_a_precision(places, tmp_path: Path) -> None:
    (tmp_path / "cli").mkdir()
    (tmp_path / "cli" / "options.py").write_text("class Options:\n precision: str = 'auto'\n")
    (tmp_path / "engine.py").write_text(
        "if options.precision not in able:\n raise HondoError('no')\n"
        "if asked != stored:\n raise HondoError('no', field='precision')\n"
        "if precision == 'int8':\n raise HondoError('no', field='precision')\n"
        "if device != 'cpu':\n raise HondoError('no', field='device')\n"
    )
    assert places(tmp_path) == (["cli/options.py:2"], ["engine.py:2", "engine.py:4", "engine.py:6"])
