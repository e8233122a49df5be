"""The layer rule of the design: a room imports itself and rooms on lower lines, never one beside it or above."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "hondo"
LINES = (
    ("core",),
    ("geometry", "images", "nn"),
    ("losses", "metrics", "synthetic"),
    ("data", "models"),
    ("engines", "compress"),
    ("train", "evaluate"),
    ("recipes", "video"),
    ("mapping",),
    ("web", "fleet"),
    ("cli",),
)
LEVEL = {room: level for level, line in enumerate(LINES) for room in line}
FILES = sorted(SOURCE.rglob("*.py"))
# Methods of DepthMap (.depth, .to, .save, .color, .point_cloud) import what they need: the only exemption.
EXEMPT = {
    ("core/types.py", target)
    for target in (
        "geometry.depth_units",
        "geometry.depth_kinds",
        "geometry.point_cloud",
        "images.depth_file",
        "images.colour",
    )
}
DOTTED = re.compile(r"hondo(\.\w+)+(:\w+)?")


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every import, also inside functions, and of table entries like "hondo.data.nyu:Nyu"."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"relative import on line {node.lineno}"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and DOTTED.fullmatch(node.value):
            yield node.lineno, node.value.replace(":", ".")


def violations(file: str, text: str) -> list[str]:
    """What the source file ``file`` (relative to src/hondo) imports against the rule."""
    room = file.split("/")[0]
    found = []
    for line, name in imported(ast.parse(text)):
        parts = name.split(".")
        if parts[0] != "hondo" or parts[1:2] == ["version"] or any((file, t) in EXEMPT for t in dotted_heads(parts)):
            continue
        target = parts[1] if len(parts) > 1 and parts[1] in LEVEL else "hondo itself"
        if target == room or LEVEL.get(target, LEVEL["cli"]) < LEVEL[room] or (target not in LEVEL and room == "cli"):
            continue
        found.append(f"src/hondo/{file}:{line}: {room} must not import {target} ({name})")
    return found


def import_graph() -> dict[str, set[str]]:
    """Module -> the modules it imports, lazily too. core/types is left out: its methods are the exemption."""
    modules = {".".join(path.relative_to(SOURCE.parent).with_suffix("").parts) for path in FILES}
    graph: dict[str, set[str]] = {}
    for path in FILES:
        module = ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
        if module == "hondo.core.types":
            continue
        heads = [".".join(name.split(".")[:end]) for _, name in imported(ast.parse(path.read_text()))
                 for end in range(1, name.count(".") + 2)]  # fmt: skip
        graph[module] = (modules & set(heads)) - {module}
    return graph


def cycles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Groups of modules that import each other, directly or through others."""

    def reachable(start: str) -> set[str]:
        seen, waiting = set(), [start]
        while waiting:
            fresh = graph.get(waiting.pop(), set()) - seen
            seen |= fresh
            waiting += fresh
        return seen

    reach = {module: reachable(module) for module in graph}
    groups = [{other for other in reach[module] if module in reach.get(other, ())} for module in graph]
    return [group for index, group in enumerate(groups) if group and group not in groups[:index]]


def test_no_modules_import_each_other() -> None:
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [{"b", "c"}]
    assert not cycles(import_graph())


def dotted_heads(parts: list[str]) -> list[str]:
    """hondo.a.b.c -> a, a.b, a.b.c"""
    return [".".join(parts[1 : end + 1]) for end in range(1, len(parts))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_a_room_imports_only_lower_rooms(path: Path) -> None:
    file = path.relative_to(SOURCE).as_posix()
    if "/" not in file or path.name == "client.py":  # hondo/__init__.py, version.py; the client has its own test
        return
    assert file.split("/")[0] in LEVEL, f"{file}: the folder is not in the design's list of rooms"
    assert not violations(file, path.read_text())


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("core/x.py", "from hondo.geometry.projection import project"),
        ("core/x.py", "def f():\n    from hondo.images import io"),
        ("geometry/x.py", "import hondo.images.read"),
        ("data/x.py", "from hondo.models.base.depth_model import DepthModel"),
        ("losses/x.py", "TERMS = {'a': 'hondo.train.loop.loop:fit'}"),
        ("models/x.py", "import hondo"),
        ("train/x.py", "from hondo import load"),
        ("core/types.py", "from hondo.images.read import read_image"),
    ],
)
def test_the_rule_sees_a_violation(file: str, text: str) -> None:
    assert len(violations(file, text)) == 1


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("core/types.py", "def f():\n    from hondo.images.colour import colourise"),
        ("models/x.py", "from hondo.models.decoders import unet_disparity"),
        ("train/x.py", "from hondo.losses.silog import silog\nimport torch"),
        ("cli/x.py", "from hondo import load"),
        ("core/x.py", "from hondo.version import __version__"),
    ],
)
def test_the_rule_lets_the_rest_pass(file: str, text: str) -> None:
    assert not violations(file, text)


def packages_outside(path: Path) -> set[str]:
    """Top-level names of what a file imports beyond the standard library."""
    tops = {name.split(".")[0] for _, name in imported(ast.parse(path.read_text()))}
    return tops - set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", sorted((SOURCE / "core").rglob("*.py")), ids=lambda path: path.name)
def test_core_needs_torch_and_numpy_only(path: Path) -> None:
    assert packages_outside(path) <= {"hondo", "numpy", "torch", "jaxtyping"}


@pytest.mark.parametrize("path", [path for path in FILES if path.name == "client.py"], ids=lambda path: path.name)
def test_the_client_stands_alone(path: Path) -> None:
    assert packages_outside(path) <= {"httpx", "numpy"}
