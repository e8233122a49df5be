"""The form of the house: names, lengths, a README in every folder, no path of anybody's machine."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "hondo"
MAX_FILE_LINES = 500
MAX_SOURCE_LINES = 350
MAX_MODULES = 15  # in a folder
# Names that mean the same wherever they occur: the table of a folder, an engine, its int8, a family of models.
SHARED_NAMES = {"registry", "engine", "int8"} | {path.stem for path in (SOURCE / "models" / "families").glob("*.py")}
MAX_FUNCTION_LINES = 60
VAGUE_FILES = {"utils.py", "util.py", "helpers.py", "helper.py", "common.py", "misc.py", "base2.py"}
MACHINE_PATH = re.compile(r"(?<![\w.])/(work|root|farm|home/\w+|Users/\w+)/")


def tracked() -> list[Path]:
    """The files git tracks; all files of the source folders where this is no checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        paths = [path for folder in ("src", "tests", "docs", "benchmarks") for path in (ROOT / folder).rglob("*")]
    return [path for path in paths if path.is_file()]


TRACKED = tracked()
PYTHON = [path for path in TRACKED if path.suffix == ".py"]
FOLDERS = sorted({path.parent for path in SOURCE.rglob("*.py")} - {SOURCE})


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_files_are_found() -> None:
    assert len(PYTHON) > 20 and SOURCE / "core" / "types.py" in PYTHON


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_a_file_is_short_and_says_what_it_is(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    assert path.name not in VAGUE_FILES, "name the file after the one thing it says"
    limit = MAX_SOURCE_LINES if {SOURCE, ROOT / "docs"} & {*path.parents} else MAX_FILE_LINES
    assert text.count("\n") <= limit, "split the file by idea"
    if SOURCE in path.parents and text.strip():
        assert ast.get_docstring(tree), "the first line of a file says what it holds"
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import"
        if isinstance(node, ast.ClassDef):
            assert not node.name.endswith(("Manager", "Handler")), f"{node.name}: say what it does"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= MAX_FUNCTION_LINES, f"{node.name} (line {node.lineno}) has {length} lines"


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_a_folder_says_what_lives_there(folder: Path) -> None:
    readme = folder / "README.md"
    assert readme.exists(), "a README of ten lines: what lives here, what it may import, how to add one"
    text = readme.read_text()
    assert 4 <= text.count("\n") <= 30
    assert "import" in text


@pytest.mark.parametrize("folder", [SOURCE, *FOLDERS], ids=name_of)
def test_a_folder_holds_few_modules(folder: Path) -> None:
    modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
    assert len(modules) <= MAX_MODULES, "group the modules by idea into folders"


def test_a_module_name_has_one_meaning() -> None:
    places: dict[str, list[str]] = {}
    for path in SOURCE.rglob("*.py"):
        if path.name != "__init__.py" and path.stem not in SHARED_NAMES:
            places.setdefault(path.stem, []).append(name_of(path))
    assert not {name: paths for name, paths in places.items() if len(paths) > 1}


def test_no_path_of_a_machine_is_tracked() -> None:
    found = []
    for path in TRACKED:
        data = path.read_bytes()
        if b"\0" in data[:4096] or path.suffix == ".safetensors":
            continue
        lines = data.decode("utf-8", errors="replace").splitlines()
        found += [f"{name_of(path)}:{n}: {line}" for n, line in enumerate(lines, 1) if MACHINE_PATH.search(line)]
    assert not found


def test_tests_lie_in_folders_named_after_rooms() -> None:
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir()} | {
        "architecture",
        "contracts",
        "golden",
        "docs",
        "benchmarks",
    }
    folders = {path.relative_to(ROOT / "tests").parts[0] for path in PYTHON if (ROOT / "tests") in path.parents}
    assert folders - {"conftest.py"} <= rooms
