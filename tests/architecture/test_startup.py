"""The command line answers at once: nothing heavy is imported before it is needed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hondo.cli import main

COMMANDS = sorted(main.COMMANDS)
LIMIT_S = 1.0
TRIES = 4  # the best counts: a busy machine has cold caches

ASK = """
import sys
from hondo.cli.main import main
try:
    main()
finally:
    print("TORCH", "torch" in sys.modules, file=sys.stderr)
"""


def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", ASK, *arguments], capture_output=True, text=True, timeout=60)


def children_s() -> float:
    """Processor time of finished children [s]: what others do on the machine does not count."""
    times = os.times()
    return times.children_user + times.children_system


@pytest.mark.parametrize(
    "arguments", [("--version",), ("--help",), *((name, "--help") for name in COMMANDS)], ids=" ".join
)
def test_answers_in_under_a_second_without_torch(arguments: tuple[str, ...]) -> None:
    best = float("inf")
    for _ in range(TRIES):
        start = children_s()
        answer = ask(*arguments)
        best = min(best, children_s() - start)
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout.strip()
        assert "TORCH False" in answer.stderr
        if best < LIMIT_S:
            return
    pytest.fail(f"hondo {' '.join(arguments)} took {best:.2f} s")


def test_the_installed_command_says_its_version() -> None:
    from hondo.version import __version__

    command = Path(sys.executable).with_name("hondo")
    if not command.exists():
        pytest.skip("the hondo command is not installed beside this Python")
    answer = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=60)
    assert answer.returncode == 0 and __version__ in answer.stdout


def test_import_hondo_is_light() -> None:
    check = "import sys, hondo; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], timeout=60).returncode == 0
