"""The generator of the documents: blocks are filled from reports, and the committed ones are up to date."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from hondo.core.report import Report, Row
from hondo.evaluate.protocols import PROTOCOLS
from hondo.losses.terms import TERMS
from hondo.recipes.registry import RECIPES

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "docs" / "generate.py"


def load_script():
    spec = importlib.util.spec_from_file_location("generate_docs", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = load_script()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    rows = (Row(name="abs_rel", value=0.25, better="lower", subject="a"), Row(name="fps", value=61.0, subject="a"))
    (tmp_path / "r.json").write_text(Report(title="T", rows=rows, hardware="H", commit="C").to_json())
    return tmp_path


def test_a_block_is_filled_and_the_rest_untouched(root: Path) -> None:
    text = "before\n<!-- report r.json -->\nold\n<!-- end report -->\nafter\n"
    filled = generate.fill(text, root=root)
    assert filled == (
        "before\n<!-- report r.json -->\n|  | abs_rel ↓ | fps |\n|---|---|---|\n| a | 0.250 | 61.000 |\n\n"
        "T: H; commit C.\n<!-- end report -->\nafter\n"
    )
    assert generate.fill(filled, root=root) == filled


def test_notes_are_a_list(root: Path) -> None:
    report = Report(title="T", rows=(), notes=("one", "two"), hardware="H", commit="C")
    (root / "n.json").write_text(report.to_json())
    text = "<!-- notes n.json -->\nold\n<!-- end notes -->\n<!-- notes no.json -->\n<!-- end notes -->"
    assert generate.fill(text, root=root) == (
        "<!-- notes n.json -->\n- one\n- two\n<!-- end notes -->\n<!-- notes no.json -->\nNothing.\n<!-- end notes -->"
    )


def test_precisions_are_those_that_the_engines_state(root: Path) -> None:
    filled = generate.fill("<!-- precisions -->\n<!-- end precisions -->", root=root)
    row = next(line for line in filled.splitlines() if line.startswith("| `torch`"))
    loaded, exported, suffix = row.split(" | ")[1:]
    assert "`int8-dynamic`" in loaded and "`int8-dynamic`" not in exported and suffix.startswith("`.safetensors`")
    assert "| `aot-inductor` | files only |" in filled and "| `torch-compile` |" in filled


def test_rows_can_be_chosen(root: Path) -> None:
    filled = generate.fill("<!-- report r.json: fps -->\n<!-- end report -->", root=root)
    assert "fps" in filled.splitlines()[1] and "abs_rel" not in filled


def test_an_unknown_row_is_refused(root: Path) -> None:
    with pytest.raises(SystemExit, match="no row is called delta1"):
        generate.fill("<!-- report r.json: fps, delta1 -->\n<!-- end report -->", root=root)


def test_a_report_that_is_not_there_is_said_so(root: Path) -> None:
    assert "Not measured yet." in generate.fill("<!-- report no.json -->\n<!-- end report -->", root=root)


def test_the_committed_documents_are_up_to_date() -> None:
    checked = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_loss_is_listed_with_its_options():
    rows = {line.split("`")[1]: line for line in generate.losses_table().splitlines()[2:]}
    assert list(rows) == list(TERMS) and "`variance_focus` 0.85" in rows["silog"]
    assert "| metric |" in rows["l1"] and "| of a teacher |" in rows["distil_ssi"] and "| none |" in rows["smoothness"]
    assert all(row.replace("\\|", "").count("|") == 5 for row in rows.values())


def test_protocols_are_told_apart() -> None:
    filled = generate.fill("<!-- protocols -->\n<!-- end protocols -->", root=ROOT)
    assert len(filled.splitlines()) == 4 + len(PROTOCOLS) and "| `dense` | all | all | as they are | none |" in filled
    assert "| `nyu-eigen` | 45 to 471, 41 to 601 | 0.001 to 10 | clamped to 0.001 to 10 | none |" in filled
    assert "| 40.81 to 99.19 %, 3.595 to 96.41 % | 0.001 to 80 |" in filled


def test_recipes_are_listed_by_what_one_has():
    rows = generate.recipes_table().splitlines()[2:]
    assert {row.split("`")[1] for row in rows} == set(RECIPES)
    assert any(row.startswith("| LiDAR | `dpt-kitti` | `dpt-thesis` | eigen | 891,400 |") for row in rows)
    assert all(row.count("|") == 7 for row in rows)
