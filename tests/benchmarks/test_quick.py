"""Every benchmark with a --quick mode runs."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
QUICK = [path.name for path in sorted(FOLDER.glob("*.py")) if '"--quick"' in path.read_text()]


@pytest.mark.parametrize("name", QUICK)
def test_quick(name: str) -> None:
    done = subprocess.run([sys.executable, str(FOLDER / name), "--quick"], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert "|" in done.stdout, "a table"


def test_there_is_one() -> None:
    assert "renderer.py" in QUICK
