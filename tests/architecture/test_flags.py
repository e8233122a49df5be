"""Only cli/ knows flags: a message elsewhere names the Python argument, which cli/options/flags turns into the flag."""

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "hondo"
# They build command lines of Ray and of hondo's own processes.
STARTERS = {
    f"fleet/{name}.py"
    for name in ("cluster/loopback", "deploy/cluster_yaml", "deploy/guard", "deploy/lifecycle", "deploy/sky_task")
}
FILES = sorted(
    path
    for path in SOURCE.rglob("*.py")
    if SOURCE / "cli" not in path.parents and path.relative_to(SOURCE).as_posix() not in STARTERS
)
FLAG = re.compile(r"(?<![\w-])--[a-z][\w.-]*")
# Commands that the user types next, and flags of other programs.
ALLOWED = {
    "core/report.py": {"--always", "--dirty"},  # of git
    "recipes/demo/outcome.py": {"--model", "--out", "--save", "--data", "--data.camera", "--size"},
    "recipes/search/wandb_sweep.py": {"--log"},  # the agents of W&B type it
    "train/loop/loop.py": {"--resume"},
}


def flags_in(text: str) -> set[str]:
    """Every flag in a string or docstring of a module."""
    strings = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    return {flag for string in strings if isinstance(string, str) for flag in FLAG.findall(string)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_a_string_outside_the_command_line_quotes_no_flag(path: Path) -> None:
    found = flags_in(path.read_text())
    assert found == ALLOWED.get(path.relative_to(SOURCE).as_posix(), set()), (
        'name the Python argument: HondoError("device ... is unknown", field="device"), engine="torch"'
    )


def test_the_rule_sees_a_flag() -> None:
    assert flags_in('raise ValueError(f"{x}: leave out --max-drop")\n"a -- b"; \'--optim.lr 1\'') == {
        "--max-drop",
        "--optim.lr",
    }
