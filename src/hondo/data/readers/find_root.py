"""Why a folder does not hold the data set it should: unpacked elsewhere, only partly, or something else."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.data.layouts.layout import Layout
from hondo.data.layouts.path_template import find_paths, template_below

_LEVELS_UP = 4
_MOST_CHILDREN = 40
_SHOWN = 6


def holds_images(layout: Layout, root: Path) -> bool:
    """Whether at least one image of the data set lies where it should."""
    return any(next(find_paths(root, template), None) is not None for template in layout.images)


def refuse_root(layout: Layout, root: Path) -> HondoError:
    """The error for a root without images of the data set: what is missing, what is there, where it is to be had."""
    if not root.is_dir():
        return HondoError(f"{root}: no such folder; give the folder of {layout.name} ({layout.get})", field="root")
    nearby = next((folder for folder in _below(root) if holds_images(layout, folder)), None) or _above(layout, root)
    expected = f"no {layout.images[0]}"
    if nearby is not None:
        return HondoError(f"{root}: {expected} there, but in {nearby}: give root={nearby}", field="root")
    entries = sorted(entry.name for entry in root.iterdir())
    visible = [name for name in entries if not name.startswith(".")]
    found = ", ".join(visible[:_SHOWN]) + (", ..." if len(visible) > _SHOWN else "") or "nothing"
    twins = " (only ._ files of macOS)" if not visible and any(name.startswith("._") for name in entries) else ""
    return HondoError(
        f"{root}: {expected} there; found {found}{twins}. {layout.title}: get it from {layout.get}", field="root"
    )


def _below(root: Path) -> Iterator[Path]:
    """The folders below, two levels deep."""
    children = list(islice(_folders(root), _MOST_CHILDREN))
    yield from children
    for child in children:
        yield from islice(_folders(child), _MOST_CHILDREN)


def _above(layout: Layout, root: Path) -> Path | None:
    """The folder above of which ``root`` is a part, as the names of the folders between say."""
    root = root.absolute()
    for parent in list(root.parents)[:_LEVELS_UP]:
        names = root.relative_to(parent).parts
        rests = [rest for each in layout.images if (rest := template_below(each, names)) is not None]
        if any(next(find_paths(root, rest), None) is not None for rest in rests):
            return parent
    return None


def _folders(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:  # one that may not be read
        entries = []
    return (entry for entry in entries if entry.is_dir() and not entry.name.startswith("."))
