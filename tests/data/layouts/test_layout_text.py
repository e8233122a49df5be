"""Data sets and splits as text: every entry, no empty facts, columns of one width."""

from hondo.data.layouts.layout_table import LAYOUTS
from hondo.data.layouts.layout_text import aligned, layout_facts, layout_lines, layout_rows, split_facts
from hondo.data.layouts.split_table import SPLITS


def test_rows() -> None:
    assert aligned([("a", "bb"), ("ccc", "d")]) == ["a    bb", "ccc  d"]
    rows = layout_rows(LAYOUTS.values())
    assert len(rows) == len(LAYOUTS) + 1 and rows[1].startswith("kitti ")
    head, *splits = split_facts()
    assert [row[0] for row in splits] == list(SPLITS) and all(len(row) == len(head) for row in splits)
    assert ("eigen_full/train", "kitti", "45200", "44570", "eigen_full/train_files.txt") in splits


def test_facts() -> None:
    for layout in LAYOUTS.values():
        assert all(name and text for name, text in layout_facts(layout))
    lines = layout_lines(LAYOUTS["diode"])
    assert lines[0] == "diode: DIODE, rooms and outdoors" and "  licence       MIT" in lines
    assert "  splits        train, val" in lines and not any("`" in line for line in lines)
