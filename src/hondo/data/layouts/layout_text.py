"""Data sets and splits as tables and lines of text, for the command line."""

from collections.abc import Iterable, Sequence

from hondo.data.layouts.layout import Layout
from hondo.data.layouts.layout_table import LAYOUTS
from hondo.data.layouts.split_table import SPLITS


def layout_rows(layouts: Iterable[Layout]) -> list[str]:
    """One line for each data set: name, kind of truth, scenes, licence."""
    rows = [("name", "truth", "scenes", "licence")]
    return aligned([*rows, *((each.name, each.truth.value, each.scenes, each.licence) for each in layouts)])


def layout_facts(layout: Layout) -> list[tuple[str, str]]:
    """What is to be known of a data set, as names and texts."""
    known = [
        ("truth", layout.truth.value),
        ("scenes", layout.scenes),
        ("licence", layout.licence),
        ("get it from", layout.get),
        ("images", " or ".join(f"`{each}`" for each in layout.images)),
        ("depth", " or ".join(f"`{each}`" for each in layout.depth)),
        ("encoding", layout.encoding.says() if layout.encoding is not None else ""),
        ("mask", " or ".join(f"`{each}`" for each in layout.mask.files) if layout.mask is not None else ""),
        ("intrinsics", layout.intrinsics.says()),
        ("poses", f"`{layout.poses[0]}`" if layout.poses else ""),
        ("right image", " or ".join(f"`{each}`" for each in layout.right)),
        ("baseline", f"{layout.baseline:g} m" if layout.baseline is not None else ""),
        ("splits", ", ".join(layout.splits)),
        ("median depth", f"{layout.median_m[0]:g} to {layout.median_m[1]:g} m" if layout.is_metric else ""),
        ("note", layout.note),
    ]
    return [(name, text) for name, text in known if text]


def layout_lines(layout: Layout) -> list[str]:
    """Everything of one data set."""
    facts = [(name, text.replace("`", "")) for name, text in layout_facts(layout)]
    width = max(len(name) for name, _ in facts)
    return [f"{layout.name}: {layout.title}", *(f"  {name:<{width}}  {text}" for name, text in facts)]


def split_facts() -> list[tuple[str, ...]]:
    """A head and a row for each published split: name, data set, images, those with depth, files."""
    rows = [("split", "data set", "images", "with depth", "file")]
    for split in SPLITS.values():
        owner = next(layout.name for layout in LAYOUTS.values() if split.name in layout.splits)
        known = "" if split.with_depth is None else str(split.with_depth)
        rows.append((split.name, owner, str(split.count), known, " or ".join(split.files)))
    return rows


def aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows of text with columns of one width."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths)).rstrip() for row in rows]
