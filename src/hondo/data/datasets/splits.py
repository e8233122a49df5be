"""Split lists of KITTI and NYU as text files: what they hold, and whether test images leaked into training."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.core.text_file import SEPARATORS, read_text, separator_of
from hondo.images.listing import visible_files

_SIDE = re.compile(r"/image_0[23]/data$")  # of a KITTI folder: left or right colour camera


@dataclass(frozen=True, kw_only=True)
class Split:
    """One list: its lines, and the image each names (scene and frame, whatever the side)."""

    name: str
    images: tuple[str, ...]
    lines: tuple[str, ...]
    num_without_depth: int  # lines that say so

    @property
    def num_repeated(self) -> int:
        """How many lines repeat an earlier one."""
        return len(self.lines) - len(set(self.lines))

    @property
    def num_scenes(self) -> int:
        """How many different scenes the lines name."""
        return len({image.rpartition(" ")[0] for image in self.images})

    @property
    def role(self) -> str:
        """train, val or test, as the file's name says; else nothing."""
        return next((role for role in ("train", "val", "test") if role in Path(self.name).name), "")


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Images that two lists share."""

    first: str
    second: str
    count: int


def read_split(path: str | Path, *, name: str | None = None) -> Split:
    """A list, one image a line: "scene frame side" (monodepth2) or "image depth focal" (BTS; depth "None")."""
    path = Path(path)
    lines = [words for line in read_text(path).split("\n") if (words := _words(line))]
    if not lines:
        raise HondoError(f"{path}: the list is empty")
    return Split(
        name=name or path.stem,
        images=tuple(_key(path, number, words) for number, words in enumerate(lines, start=1)),
        lines=tuple(" ".join(words) for words in lines),
        num_without_depth=sum(len(words) > 1 and words[1] == "None" for words in lines),
    )


def find_splits(root: str | Path) -> list[Split]:
    """Every list (.txt with "files" in its name) of a folder and its subfolders, or one file."""
    root = Path(root)
    if root.is_file():
        return [read_split(root)]
    if not root.is_dir():
        raise HondoError(f"{root}: no such file or folder; give a split list or a folder of them")
    paths = sorted(
        path for path in visible_files(root, recursive=True) if path.suffix == ".txt" and "files" in path.stem
    )
    if not paths:
        raise HondoError(f"{root}: no split lists (train_files.txt, eigen_test_files_with_gt.txt, ...)")
    return [read_split(path, name=path.relative_to(root).with_suffix("").as_posix()) for path in paths]


def overlaps(splits: Sequence[Split]) -> list[Overlap]:
    """Images that lists of one family share though their roles (train, val, test) differ.

    A family is a folder; test lists are also held against folders whose name starts alike (eigen, eigen_zhou). A test
    image must not be seen from the other side of the stereo pair either; between train and val that is usual.
    """
    found = []
    for first, second in combinations(splits, 2):
        if first.role and second.role and first.role != second.role and _is_family(first, second):
            has_test = "test" in (first.role, second.role)
            one, other = (split.images if has_test else split.lines for split in (first, second))
            shared = len(set(one) & set(other))
            found += [Overlap(first=first.name, second=second.name, count=shared)] if shared else []
    return found


def _words(line: str) -> list[str]:
    """The words of a line, with / for the backslashes of Windows; separators count where no white space does."""
    line = line.strip().replace("\\", "/")
    words = line.split()
    if "\t" in line or (len(words) == 1 and any(sign in line for sign in SEPARATORS)):
        words = [word.strip() for word in line.split(separator_of(line))]
    return [word.rstrip(",;") for word in words if word.rstrip(",;")]


def _key(path: Path, number: int, words: list[str]) -> str:
    """Scene and frame; the side of a stereo pair counts as the same image, so that it cannot leak either."""
    folder, _, name = words[0].lstrip("/").rpartition("/")
    if "." in name:
        return f"{_SIDE.sub('', folder)} {name.rpartition('.')[0]}"
    if len(words) >= 2 and words[1].isdigit():
        return f"{words[0]} {int(words[1]):010d}"
    if len(words) == 1:
        return f" {words[0]}"
    raise HondoError(f'{path} line {number}: "{" ".join(words)}" is not "scene frame side" or "image depth focal"')


def _is_family(first: Split, second: Split) -> bool:
    one, other = Path(first.name), Path(second.name)
    if ("nyu" in one.name.lower()) != ("nyu" in other.name.lower()):
        return False
    if "test" in (first.role, second.role):
        return one.parent.name.split("_")[0] == other.parent.name.split("_")[0]
    return one.parent == other.parent
