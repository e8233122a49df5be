"""What the documents tell a user to type exists: commands, options, make targets, linked files."""

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def shell_lines() -> list[str]:
    """Every line of the shell blocks, without prompts and comments."""
    text = "\n".join(path.read_text() for path in DOCUMENTS)
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


HONDO_LINES = [line for line in shell_lines() if re.match(r"(\.venv/bin/)?hondo ", line)]


def test_lines_are_found() -> None:
    assert len(HONDO_LINES) >= 6


@pytest.mark.parametrize("line", HONDO_LINES)
def test_a_command_has_the_options_it_is_shown_with(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    command, *arguments = shlex.split(line, comments=True)[1:]
    from hondo.cli.main import COMMANDS, main

    assert command in COMMANDS
    try:
        part = (
            arguments[:1]
            if command in ("train", "data", "weights", "runs", "fleet", "study") and not arguments[0].startswith("-")
            else []
        )
        code = main([command, *part, "--help"])
    except SystemExit as stopped:
        code = stopped.code
    shown = capsys.readouterr().out
    assert code in (0, None)
    for option in [argument for argument in arguments if argument.startswith("--")]:
        assert option in shown, f"hondo {command} has no {option}"


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {line.split()[1] for line in shell_lines() if line.startswith("make ")}
    assert asked and asked <= targets


def test_linked_files_exist() -> None:
    for path in DOCUMENTS:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text()):
            assert (path.parent / link).exists(), f"{path.name}: {link}"


def test_the_tables_that_contributing_names_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    named = re.findall(r"`(hondo(?:\.\w+)+):([A-Z]+)`", text)
    assert len(named) >= 9
    for module, table in named:
        assert len(getattr(import_module(module), table)) > 0
    assert not set(re.findall(r"`([A-Z]{4,})\[", text)), "name a table by its module"


def test_the_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    readme_image = import_module("readme_image")
    found = readme_image.run_snippet(tmp_path)
    assert len(readme_image.snippet().strip().splitlines()) <= 7
    assert found["depth_map"].values.shape == (256, 384)
    assert (tmp_path / "photo.depth.png").exists() and (tmp_path / "photo.depth.jpg").exists()
