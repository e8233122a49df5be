"""The images of a split: published lists by name with their counts, or any list; overlap with tests is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hondo.core.errors import HondoError, unknown
from hondo.data.datasets.splits import Split, read_split
from hondo.data.layouts.layout import Layout
from hondo.data.layouts.split_table import SPLITS, PublishedSplit
from hondo.data.readers.file_reader import Item
from hondo.images.listing import visible_files

_LEARNT = ("train", "val")  # roles of lists that must not hold test images


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The items of a split that can be used, and what was left out of it."""

    split: str
    items: tuple[Item, ...]
    num_listed: int
    num_without_depth: int = 0
    num_missing: int = 0  # listed, but not on disk

    def says(self) -> str:
        """One line of counts; empty where nothing was left out."""
        if not self.num_without_depth and not self.num_missing:
            return ""
        parts = [f"{self.num_missing} are not on disk"] if self.num_missing else []
        parts += [f"{self.num_without_depth} have no depth map and are left out"] if self.num_without_depth else []
        of = f"split {self.split}" if self.split else "all images"
        return f"{of}: {self.num_listed} listed, {len(self.items)} used; {'; '.join(parts)}"


def choose_items(
    layout: Layout,
    items: Sequence[Item],
    *,
    root: Path,
    split: str | None,
    lists: Path | None,
    only: str | None,
    with_depth: bool,
) -> Chosen:
    """The items of a split whose names start with ``only``, without those that lack a depth map if it is needed."""
    chosen, missing = list(items), 0
    if split is not None and not _is_own(layout, split):
        names = listed_names(layout, read_named_split(layout, split, root=root, lists=lists))
        chosen, missing = _found(items, names, roots=layout.split_roots)
    elif split is not None:
        chosen = [item for item in items if item.fields.get("part") == split]
    if only is not None:
        chosen = [item for item in chosen if item.name.startswith(only)]
    usable = [item for item in chosen if item.depth is not None] if with_depth else chosen
    return Chosen(
        split=split or "", items=tuple(usable), num_listed=len(chosen) + missing,
        num_without_depth=len(chosen) - len(usable), num_missing=missing,
    )  # fmt: skip


def read_named_split(layout: Layout, split: str, *, root: Path, lists: Path | None) -> Split:
    """A published split by its name, with its count checked, or a file; refuses one for training with test images."""
    if split not in SPLITS:
        if not Path(split).is_file():
            raise unknown(f"split of {layout.name}", split, layout.splits, field="split")
        found = read_split(split)
        refuse_overlap(found, _tests_beside(Path(split)) if found.role in _LEARNT else [])
        return found
    published = SPLITS[split]
    if split not in layout.splits:
        raise HondoError(f"the split {split} is not of {layout.name}; it has {', '.join(layout.splits)}", field="split")
    places = [lists] if lists is not None else [root / "splits"]
    path = find_list(published, places)
    if path is None:
        raise HondoError(
            f"the list of split {split} ({' or '.join(published.files)}) is not in {', '.join(map(str, places))}: give "
            f"lists=FOLDER; {published.get}",
            field="lists",
        )
    found = read_published(published, path)
    tests = [(SPLITS[name], find_list(SPLITS[name], places)) for name in published.held_out]
    refuse_overlap(found, [read_published(test, where) for test, where in tests if where is not None])
    return found


def _tests_beside(path: Path) -> list[Split]:
    """The test lists in the folder of a list; text files that are no lists do not count."""
    found = []
    for each in sorted(path.parent.glob("*test*.txt")):
        try:
            found.append(read_split(each))
        except HondoError:
            continue
    return found


def read_published(split: PublishedSplit, path: Path) -> Split:
    """The list at ``path``; refused unless it has as many images as the published one."""
    found = read_split(path, name=split.name)
    if len(found.lines) != split.count:
        raise HondoError(
            f"{path} lists {len(found.lines)} images, the published split {split.name} has {split.count}; take the "
            "whole list, or give your own as split=FILE"
        )
    return found


def refuse_overlap(found: Split, tests: Sequence[Split]) -> None:
    """Refuses a list for training that holds images of a test list, from either side of a stereo pair."""
    for test in tests:
        if shared := set(found.images) & set(test.images):
            raise HondoError(
                f"the split {found.name} holds {len(shared)} images of the test split {test.name} (first: "
                f"{min(shared)}): scores on it would mean nothing; remove them from the list"
            )


def find_list(split: PublishedSplit, places: Sequence[Path]) -> Path | None:
    """The first file whose path ends as the published list's does, in folders or below them; a file is itself."""
    for place in places:
        if place.is_file():
            return place
        files = list(visible_files(place, recursive=True)) if place.is_dir() else []
        for ending in split.files:
            for path in files:
                if path.as_posix().endswith(f"/{ending}"):
                    return path
    return None


def listed_names(layout: Layout, split: Split) -> list[str]:
    """What each line means as a path of this data set without its suffix; a lone word is a scene."""
    return [_name(layout, line.split()) for line in split.lines]


def _name(layout: Layout, words: list[str]) -> str:
    first = words[0].lstrip("/")
    if "." in first.rpartition("/")[2]:
        return first.rpartition(".")[0]
    if len(words) >= 2 and words[1].isdigit() and layout.split_line:
        camera = "3" if words[2:3] == ["r"] else "2"
        sequence = int(first) if first.isdigit() else 0
        return layout.split_line.format(folder=first, sequence=sequence, frame=int(words[1]), camera=camera)
    return first


def _found(items: Sequence[Item], names: Sequence[str], *, roots: tuple[str, ...]) -> tuple[list[Item], int]:
    """The items that names mean, in the order of the list, and how many names mean none."""
    by_name: Mapping[str, Item] = {item.name.rpartition(".")[0]: item for item in items}
    scenes: dict[str, list[Item]] = {}
    chosen, missing = [], 0
    for name in names:
        item = next((by_name[top + name] for top in roots if top + name in by_name), None)
        if item is not None:
            chosen.append(item)
            continue
        if not scenes:
            for each in items:
                for part in each.name.split("/")[:-1]:
                    scenes.setdefault(part, []).append(each)
        chosen += scenes.get(name, [])
        missing += name not in scenes
    return chosen, missing


def _is_own(layout: Layout, split: str) -> bool:
    """Whether a split is a part that the data set itself is divided into, as its folders say."""
    return split in layout.splits and split not in SPLITS
