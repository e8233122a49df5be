"""The script of the cases: how it judges what a case prints, and that every case has an entry."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT.parent / "shared" / "cases"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("cases_script", ROOT / "benchmarks" / "cases.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.parametrize(
    ("printed", "faults"),
    [
        ("4 samples", 0),
        ("5 samples", 1),
        ("4 samples, no image", 1),
        ('4 samples\nTraceback (most recent call last):\n  File "hondo/cli/main.py"', 1),
        ('4 samples\nTraceback (most recent call last):\n  File "<string>", line 3', 0),
    ],
)
def test_a_case_is_judged_by_what_it_prints(script, tmp_path: Path, printed: str, faults: int) -> None:
    (tmp_path / "behaviour/x").mkdir(parents=True)
    (tmp_path / "behaviour/x/text").write_text(printed)
    (tmp_path / "behaviour/x/run.sh").write_text("cat text")
    case = script.behaviour("x", expected=(r"4 samples",), forbidden=(r"no image",))
    found, text = script.run_case(case, folder=tmp_path)
    assert len(found) == faults and text == printed


def test_scripts_run_this_checkout_by_the_names_of_today(script, tmp_path: Path) -> None:
    (tmp_path / "lib.sh").write_text("export PYTHONPATH=$here\nTAIL=4 python -c 'import hondo.images.io'")
    script.with_moved_modules(tmp_path)
    text = (tmp_path / "lib.sh").read_text()
    assert f"PYTHONPATH=$here:{ROOT / 'src'}" in text and "TAIL=80" in text and "import hondo.images.read" in text


@pytest.mark.skipif(not CASES.exists(), reason="the cases (../shared/cases) are not here")
def test_every_case_has_an_entry(script) -> None:
    known = {case.folder for case in script.CASES}
    there = [*(CASES / "inputs").iterdir(), *(CASES / "behaviour").glob("f[0-9][0-9]_*")]
    names = {path.relative_to(CASES).as_posix() for path in there}
    assert names - known <= {"behaviour/f24_small_things"}  # nothing to run: its faults are in other cases and tests
