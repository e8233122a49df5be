"""Every benchmark with a --quick mode runs."""

import runpy
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
QUICK = [path.name for path in sorted(FOLDER.glob("*.py")) if '"--quick"' in path.read_text()]
LONG = {
    "engines.py",  # half a minute: every engine, each with its export; tests/engines tries them one by one
    "fitting.py",  # fits, distils and trains in int8
    "live.py",
    "live_fast.py",
    "pruning.py",
    "self_supervised.py",
    "serve.py",
    "recover.py",  # trains and compresses
    "study_accuracy.py",  # trains three networks
}
SCRIPTS = [pytest.param(name, marks=pytest.mark.slow) if name in LONG else name for name in QUICK]


@pytest.mark.parametrize("name", SCRIPTS)
def test_quick(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """As a script of its own, but in this process: torch and timm are imported already."""
    monkeypatch.setattr(sys, "argv", [name, "--quick"])
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    before = set(sys.modules)
    try:
        runpy.run_path(str(FOLDER / name), run_name="__main__")
    except SystemExit as end:
        assert not end.code
    finally:
        for each in (path.stem for path in FOLDER.glob("*.py")):
            if each not in before:
                sys.modules.pop(each, None)
    assert "|" in capsys.readouterr().out, "a table"


def test_there_is_one() -> None:
    assert "renderer.py" in QUICK
