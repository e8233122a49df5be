"""Figures of matplotlib as PNG and SVG, without a display; colours that colour-blind readers can tell apart."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from hondo.core.atomic import atomic_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito 2008, darkest contrasts first.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000")
MARKERS = "osD^vPX"


def style(index: int) -> tuple[str, str]:
    """Colour and marker of the index-th line of a figure."""
    return PALETTE[index % len(PALETTE)], MARKERS[index % len(MARKERS)]


def save_figure(figure: "Figure", folder: Path, name: str) -> Path:
    """Writes ``folder/name.png`` and ``name.svg``; returns the PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # it is laid out: not again for each file
    written = []
    for kind, metadata in (("svg", {"Date": None}), ("png", None)):
        data = io.BytesIO()
        figure.savefig(data, format=kind, dpi=120, metadata=metadata)
        written.append(atomic_write(folder / f"{name}.{kind}", data.getvalue()))
    return written[-1]
