"""Walk e: where commands declare a precision option, and where the package refuses a precision. From the source.

A refusal is a ``raise`` in the body of an ``if`` that names a precision (a name, or a field such as
``options.precision``), and one of an error about the field "precision", whatever stands around it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src" / "hondo"


def precision_places(source: Path = SOURCE) -> tuple[list[str], list[str]]:
    """The places that declare a precision option, and those that refuse a precision."""
    declared, checked = [], []
    for path in sorted(source.rglob("*.py")):
        place, tree = path.relative_to(source).as_posix(), ast.parse(path.read_text(encoding="utf-8"))
        if place.startswith("cli/"):
            declared += [f"{place}:{node.lineno}" for node in ast.walk(tree) if _declares_precision(node)]
        checked += [f"{place}:{line}" for line in sorted(set(_refusals(tree)))]
    return declared, checked


def _declares_precision(node: ast.AST) -> bool:
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "precision"


def _refusals(tree: ast.AST) -> Iterator[int]:
    """The lines that raise an error about a precision."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and _names_precision(node.test):
            yield from (each.lineno for each in node.body if isinstance(each, ast.Raise))
        if isinstance(node, ast.Raise) and node.exc is not None and _is_about_precision(node.exc):
            yield node.lineno


def _names_precision(test: ast.expr) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id == "precision")
        or (isinstance(node, ast.Attribute) and node.attr == "precision")
        for node in ast.walk(test)
    )


def _is_about_precision(error: ast.expr) -> bool:
    fields = [word.value for node in ast.walk(error) if isinstance(node, ast.Call) for word in node.keywords
              if word.arg == "field"]  # fmt: skip
    return any(isinstance(each, ast.Constant) and each.value == "precision" for each in fields)
