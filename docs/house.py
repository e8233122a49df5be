"""Measures the form of the code and the five walks through it; CONTRIBUTING shows the numbers with their targets.

`python docs/house.py` writes docs/reports/house.json and fills the generated blocks; `--trace a` (to e) prints the
functions of one walk in order, so that one can see what to shorten. walks.py says what is counted.
"""

import ast
import importlib.util
import json
import statistics
import subprocess
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "hondo"
REPORT = ROOT / "docs" / "reports" / "house.json"
WALKS = {
    "a": "a: `hondo predict photo.jpg`, to the PNG",
    "b": "b: a batch of `hondo train video`, from file to optimiser step",
    "c": "c: a live frame, from source to browser",
    "d": "d: a model to OpenVINO int8",
    "e": "e: `--precision`, from the command line to where it acts",
}
# What is aimed at: (at least, at most).
TARGETS: dict[tuple[str, str], tuple[float, float]] = {
    ("form", "median file, lines"): (80, 130),
    ("form", "longest file, lines"): (0, 350),
    ("form", "modules in the largest folder"): (0, 15),
    ("form", "import cycles"): (0, 0),
    ("form", "public functions with docstring, %"): (90, 100),
    ("form", "arrays with shapes, %"): (95, 100),
    ("form", "modules with a test of the same name, %"): (90, 100),
    ("a", "steps"): (0, 30), ("b", "steps"): (0, 40), ("c", "steps"): (0, 28), ("d", "steps"): (0, 36),
    ("a", "climbs"): (0, 0), ("b", "climbs"): (0, 0), ("c", "climbs"): (0, 0), ("d", "climbs"): (0, 0),
    ("e", "declared"): (1, 1), ("e", "checked"): (1, 1),
}  # fmt: skip
SHAPED = {
    f"{kind}{bits}"
    for kind, sizes in {"Float": ("", "16", "32", "64"), "Int": ("", "8", "16", "32", "64"), "Bool": ("",),
                        "UInt": ("", "8", "16", "32", "64"), "Num": ("",), "Shaped": ("",), "Real": ("",),
                        "Inexact": ("",), "Integer": ("",), "Complex": ("", "64", "128")}.items()
    for bits in sizes
}  # fmt: skip
Function = ast.FunctionDef | ast.AsyncFunctionDef


def source_files() -> list[Path]:
    """The modules of the package; empty ``__init__`` files are none."""
    return sorted(path for path in SOURCE.rglob("*.py") if path.name != "__init__.py")


def form() -> dict[str, float]:
    """Everything that the source alone tells."""
    files = source_files()
    lengths = [path.read_text(encoding="utf-8").count("\n") for path in files]
    cycles = _layers().cycles(_layers().import_graph())
    documented = percentage(has_docstring(each) for path in files for each in public_parts(path))
    shaped = percentage(flag for path in files for flag in array_annotations(path))
    tested = percentage(has_test(path) for path in files)
    return {
        "modules": len(files), "median file, lines": statistics.median(lengths), "longest file, lines": max(lengths),
        "modules in the largest folder": max(Counter(path.parent for path in files).values()),
        "import cycles": len(cycles), "public functions with docstring, %": documented,
        "arrays with shapes, %": shaped, "modules with a test of the same name, %": tested,
    }  # fmt: skip


def missing() -> Iterator[str]:
    """One line for each place without a docstring, a shape or a test of the same name."""
    for path in source_files():
        name = path.relative_to(ROOT).as_posix()
        yield from (
            f"{name}:{each.lineno}: {each.name} has no docstring"
            for each in public_parts(path)
            if not has_docstring(each)
        )
        yield from (f"{name}:{each.lineno}: {ast.unparse(each)} states no shape" for each in bare_arrays(path))
        if not has_test(path):
            yield f"{name}: no test of the same name"


def percentage(flags: Iterator[bool]) -> float:
    values = list(flags)
    return round(100 * sum(values) / len(values), 1)


def public_parts(path: Path) -> Iterator[Function | ast.ClassDef]:
    """Public functions and classes of a module, and the public methods of those classes."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        yield node
        if isinstance(node, ast.ClassDef):
            methods = [each for each in node.body if isinstance(each, Function)]
            yield from (each for each in methods if not each.name.startswith("_") and not _is_variant(each))


def _is_variant(method: Function) -> bool:
    """A setter or an overload, whose docstring stands at its namesake."""
    return any(ast.unparse(each).endswith((".setter", "overload")) for each in method.decorator_list)


def has_docstring(node: Function | ast.ClassDef) -> bool:
    return ast.get_docstring(node) is not None


def array_annotations(path: Path) -> Iterator[bool]:
    """For every argument, return value and field that is an array or a tensor: whether its shape is stated."""
    kinds = (_array_kinds(each) for each in annotations(path))
    return ("bare" not in kind for kind in kinds if kind)


def bare_arrays(path: Path) -> Iterator[ast.expr]:
    """The annotations of arrays that state no shape."""
    return (each for each in annotations(path) if "bare" in _array_kinds(each))


def annotations(path: Path) -> Iterator[ast.expr]:
    """The annotations of arguments, return values and fields of classes."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg]
            found = [each.annotation for each in arguments if each is not None] + [node.returns]
            yield from (each for each in found if each is not None)
        if isinstance(node, ast.ClassDef):
            yield from (each.annotation for each in node.body if isinstance(each, ast.AnnAssign))


def _array_kinds(annotation: ast.expr) -> set[str]:
    """Which of "shaped" and "bare" arrays an annotation mentions."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return _array_kinds(ast.parse(annotation.value, mode="eval").body)
        except SyntaxError:
            return set()
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value).split(".")[-1] in SHAPED:
        return {"shaped"}
    if isinstance(annotation, ast.Name | ast.Attribute):
        return {"bare"} if ast.unparse(annotation).split(".")[-1] in ("Tensor", "ndarray", "NDArray") else set()
    return set().union(*(_array_kinds(each) for each in ast.iter_child_nodes(annotation) if isinstance(each, ast.expr)))


def has_test(path: Path) -> bool:
    """Whether tests/ROOM/.../test_NAME.py stands where the module stands."""
    inside = path.relative_to(SOURCE)
    return (ROOT / "tests" / inside.parent / f"test_{inside.name}").exists()


def walk_numbers(name: str) -> dict[str, int]:
    """The numbers of one walk, in a process of its own: what one walk loads is not there for the next."""
    command = [sys.executable, ROOT / "docs" / "walks.py", name, "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _layers() -> ModuleType:
    """The import graph is read as the architecture test reads it."""
    path = ROOT / "tests" / "architecture" / "test_layers.py"
    spec = importlib.util.spec_from_file_location("layers", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure() -> str:
    """The report as JSON: each measure with its bounds, and each walk."""
    from hondo.core.report import Report, Row

    numbers = {("form", name): value for name, value in form().items()}
    numbers |= {(walk, name): value for walk in WALKS for name, value in walk_numbers(walk).items()}
    rows = []
    for (part, measured), value in numbers.items():
        subject, name = (measured, "value") if part == "form" else (WALKS[part], measured)
        rows.append(Row(name=name, subject=subject, value=value))
        bounds = zip(("at least", "at most"), TARGETS.get((part, measured), ()), strict=False)
        rows += [Row(name=f"{name} {bound}", subject=subject, value=limit) for bound, limit in bounds]
    return Report(title="The form of the code", rows=tuple(rows), hardware="").to_json()


def main() -> None:
    parser = ArgumentParser(description="Measure the form of the code, or print one walk through it.")
    parser.add_argument("--trace", choices=[*WALKS], help="print the functions of one walk and write nothing")
    parser.add_argument("--form", action="store_true", help="print what needs no run of a flow, and write nothing")
    parser.add_argument("--list", action="store_true", help="print each place that misses a target, and write nothing")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(missing()))
        return
    if arguments.trace:
        sys.exit(subprocess.run([sys.executable, ROOT / "docs" / "walks.py", arguments.trace]).returncode)
    if arguments.form:
        print("\n".join(f"{name}: {value:g}" for name, value in form().items()))
        return
    REPORT.write_text(measure() + "\n", encoding="utf-8")
    sys.exit(subprocess.run([sys.executable, ROOT / "docs" / "generate.py"]).returncode)


if __name__ == "__main__":
    main()
