"""Every campaign runs in its quick size, without a fault."""

import json
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import jaxtyping
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "campaigns"
PARTS = ("campaign", "serving")  # that campaigns share
CAMPAIGNS = [path.stem for path in sorted(FOLDER.glob("*.py")) if path.stem not in PARTS]


@pytest.fixture(autouse=True)
def without_beartype() -> Iterator[None]:
    """Campaigns measure time, and send what annotations do not allow."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CAMPAIGNS)
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


def test_reports_are_of_campaigns_and_without_faults() -> None:
    reports = sorted((FOLDER.parents[1] / "docs" / "reports" / "campaigns").glob("*.json"))
    assert {path.stem for path in reports} <= set(CAMPAIGNS)
    assert not [path.stem for path in reports if json.loads(path.read_text())["outcomes"].get("fault")]
