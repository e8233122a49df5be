"""The Makefile: one pinned install for demo and test, no second install, and a clear word where Python is too old."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")

# Stands for python3: says its version is fine, and makes a .venv whose python writes down what it is asked.
FAKE_PYTHON = """#!/bin/sh
if [ "$1" = "-m" ] && [ "$2" = "venv" ]; then
  mkdir -p "$3/bin"
  printf '#!/bin/sh\\necho "$@" >> calls\\n' > "$3/bin/python"
  cp "$3/bin/python" "$3/bin/hondo"
  chmod +x "$3/bin/python" "$3/bin/hondo"
fi
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with a space in its name that holds what make needs."""
    folder = tmp_path / "a checkout"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copyfile(ROOT / name, folder / name)
    write_script(folder / "fakepython", FAKE_PYTHON)
    return folder


def write_script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


def calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text().splitlines()


def test_demo_and_test_share_one_install(checkout: Path) -> None:
    for target in ("demo", "test", "test"):
        done = make(checkout, target, "PYTHON=./fakepython")
        assert done.returncode == 0, done.stderr
    install, demo, *tests = calls(checkout)
    assert install.endswith("-c constraints.txt -e .[onnx,openvino,quantize,compress,serve,data,mapping,fleet,dev]")
    assert demo == "demo --out demo_out"
    assert len(tests) == 2 and all(call.startswith("-m pytest -n 2 --session-timeout") for call in tests)


def test_slow_tests_have_a_target_and_fast_folders_exist(checkout: Path) -> None:
    for target in ("test-slow", "test-fast"):
        done = make(checkout, target, "PYTHON=./fakepython")
        assert done.returncode == 0, done.stderr
    _, slow, fast = calls(checkout)
    assert slow.endswith(" -m slow")
    chosen = [word for word in fast.split() if word.startswith("tests/")]
    assert len(chosen) > 10 and all((ROOT / path).exists() for path in chosen)


def test_changed_pins_are_installed(checkout: Path) -> None:
    make(checkout, "install", "PYTHON=./fakepython")
    stamp = checkout / ".venv" / "installed"
    later = stamp.stat().st_mtime + 10
    os.utime(checkout / "constraints.txt", (later, later))
    make(checkout, "install", "PYTHON=./fakepython")
    assert len(calls(checkout)) == 2


def test_an_old_python_is_refused(checkout: Path) -> None:
    old = f'#!/bin/sh\nexec "{sys.executable}" -c "import sys; sys.version_info = (3, 9, 2); exec(sys.argv[1])" "$2"\n'
    write_script(checkout / "oldpython", old)
    done = make(checkout, "test", "PYTHON=./oldpython")
    assert done.returncode != 0
    assert "needs Python 3.11 or newer, this is 3.9" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_missing_python_is_named(checkout: Path) -> None:
    done = make(checkout, "test", "PYTHON=no-such-python")
    assert done.returncode != 0 and "'no-such-python' was not found" in done.stderr


def test_ci_runs_make_test() -> None:
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[-1] == "make test"


def test_torch_is_pinned_first_and_everything_exactly() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert lines[0] == "torch==2.13.0"
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(line.count("==") == 1 and "+" not in line for line in pins)
    names = [line.split("==")[0] for line in pins]
    assert len(set(names)) == len(names)
    assert {"timm", "openvino", "onnxruntime", "nncf", "ray", "pytest"} <= set(names)
