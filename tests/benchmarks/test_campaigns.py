"""Every campaign runs in its quick size, without a fault."""

import json
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jaxtyping
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "campaigns"
PARTS = ("campaign", "serving")  # that campaigns share
CAMPAIGNS = [path.stem for path in sorted(FOLDER.glob("*.py")) if path.stem not in PARTS]
ALONE = ("hostile_requests", "soak")  # which watch the whole process: its log, its sockets, its memory


LONG = ("hostile_requests", "hostile_models", "damage", "kills")  # more than five seconds; soak measures time


def slow(name: str) -> Any:
    return pytest.param(name, marks=pytest.mark.slow if name in LONG else ())


@pytest.fixture(autouse=True)
def without_beartype() -> Iterator[None]:
    """Campaigns measure time, and send what annotations do not allow."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [slow(name) for name in CAMPAIGNS if name not in ALONE])
def test_quick(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """As a script of its own, but in this process: torch is imported already."""
    monkeypatch.setattr(sys, "argv", [name, "--quick"])
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    try:
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
    finally:
        for each in {*CAMPAIGNS, *PARTS} - before:
            sys.modules.pop(each, None)
    said = capsys.readouterr().out
    assert not end.value.code, said
    assert "| campaign |" in said


@pytest.mark.parametrize("name", [slow(name) for name in ALONE])
def test_quick_in_a_process_of_its_own(name: str, tmp_path: Path) -> None:
    command = [sys.executable, str(FOLDER / f"{name}.py"), "--quick"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| campaign |" in done.stdout


def test_reports_are_of_campaigns_and_without_faults() -> None:
    reports = sorted((FOLDER.parents[1] / "docs" / "reports" / "campaigns").glob("*.json"))
    assert {path.stem for path in reports} <= set(CAMPAIGNS)
    assert not [path.stem for path in reports if json.loads(path.read_text())["outcomes"].get("fault")]
