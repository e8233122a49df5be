"""One reader of JSON: what comes from outside goes through load_json, whose errors are hondo's own."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "hondo"
# The reader itself; the client, which stands alone; text that this process has just written.
MAY_CALL_LOADS = {
    "core/text_file.py",
    "client.py",
    "evaluate/figures/report_files.py",
    "evaluate/speed/bench_models.py",
    "recipes/resume.py",
    "engines/onnx/profile.py",
    "models/registry/facts.py",
}
FILES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_json_is_read_in_one_place(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
    found = any(isinstance(each.value, ast.Name) and each.value.id == "json" and each.attr == "loads" for each in calls)
    assert not found or path.relative_to(SOURCE).as_posix() in MAY_CALL_LOADS, "use hondo.core.text_file.load_json"
