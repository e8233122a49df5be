"""Figures as files: both kinds, the same bytes each time."""

from pathlib import Path

from matplotlib.figure import Figure

from hondo.images.formats.figure_file import MARKERS, PALETTE, save_figure, style


def test_png_and_svg_without_a_date(tmp_path: Path) -> None:
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([0, 1], [1, 0])
    path = save_figure(figure, tmp_path / "new", "line")
    assert path.name == "line.png" and path.read_bytes().startswith(b"\x89PNG")
    svg = path.with_suffix(".svg").read_text()
    assert "<svg" in svg and "<dc:date>" not in svg


def test_lines_differ_in_colour_and_marker() -> None:
    assert len({style(index) for index in range(7)}) == 7
    assert style(7) == (PALETTE[0], MARKERS[0])
