"""docs/live.md: its Python runs, on a film in place of a camera; what needs ROS is read."""

import ast
import importlib
import re
from pathlib import Path

import numpy as np

from hondo.images.video_writer import VideoWriter

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "live.md").read_text()
LOOP, NODE = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def test_the_loop_runs_to_the_end_of_a_film(tmp_path, capsys) -> None:
    with VideoWriter(tmp_path / "film.mp4", size_hw=(48, 64), fps=10) as writer:
        for number in range(4):
            writer.write(np.full((48, 64, 3), 60 * number, np.uint8))
    exec(LOOP.replace("webcam:0", str(tmp_path / "film.mp4")), {})
    lines = capsys.readouterr().out.splitlines()
    assert 1 <= len(lines) <= 4 and all(re.match(r"\d+ ms [\d.]+$", line) for line in lines)


def test_the_node_uses_what_hondo_has() -> None:
    imports = [node for node in ast.walk(ast.parse(NODE)) if isinstance(node, ast.ImportFrom)]
    ours = [(node.module, name.name) for node in imports if node.module.startswith("hondo") for name in node.names]
    assert ours and all(hasattr(importlib.import_module(module), name) for module, name in ours)
