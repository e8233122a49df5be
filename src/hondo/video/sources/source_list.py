"""What a user names as SOURCE: images, folders, globs, videos and cameras, with a name for each one's outputs."""

import glob
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.images.read import IMAGE_SUFFIXES
from hondo.images.video_file import VIDEO_SUFFIXES

LIVE = re.compile(r"^(webcam:|rtsps?://|https?://)", re.IGNORECASE)


class SourceKind(StrEnum):
    """How a source is read."""

    IMAGE = "image"
    VIDEO = "video"
    LIVE = "live"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One image, video or camera; ``stem`` is unique in a run and starts the names of the outputs."""

    text: str  # as it is reported
    kind: SourceKind
    stem: str

    @property
    def path(self) -> Path:
        """The file, of an image or a video."""
        return Path(self.text)


def find_sources(texts: Sequence[str], *, out: Path | None = None) -> list[Source]:
    """Everything that the texts name, in order, each once; not the images that hondo wrote into ``out`` before."""
    if not texts:
        raise HondoError(
            "no SOURCE given; name an image, a folder, a glob, a video file, webcam:0 or an rtsp:// address"
        )
    found = dict.fromkeys(name for text in texts for name in _expand(text, out=out))
    kinds = {name: _kind(name) for name in found}
    stems = _stems(list(found), kinds)
    return [Source(text=name, kind=kinds[name], stem=stem) for name, stem in zip(found, stems, strict=True)]


def _expand(text: str, *, out: Path | None) -> Iterable[str]:
    if LIVE.match(text):
        return [text]
    path = Path(text)
    if path.is_dir():
        files = (file for file in sorted(path.rglob("*")) if file.suffix.lower() in IMAGE_SUFFIXES)
        images = [str(file) for file in files if file.is_file() and not _skipped(file, folder=path, out=out)]
        if not images:
            raise HondoError(
                f"{text}: this folder and its subfolders hold no images ({', '.join(sorted(IMAGE_SUFFIXES))})"
            )
        return images
    if path.is_file():
        return [text]
    if glob.has_magic(text):
        known = set(IMAGE_SUFFIXES) | set(VIDEO_SUFFIXES)
        matches = (Path(match) for match in sorted(glob.glob(text, recursive=True)))
        files = [str(file) for file in matches if file.is_file() and file.suffix.lower() in known]
        if not files:
            raise HondoError(f"{text}: no image or video matches this pattern")
        return files
    raise HondoError(f"{text}: no such file, folder or pattern")


def _skipped(file: Path, *, folder: Path, out: Path | None) -> bool:
    """Hidden files, and our own outputs of an earlier run."""
    if any(part.startswith(".") for part in file.relative_to(folder).parts):
        return True
    is_output = file.stem.endswith((".depth", ".color"))
    return is_output and out is not None and file.resolve().is_relative_to(out.resolve())


def _kind(name: str) -> SourceKind:
    if LIVE.match(name):
        return SourceKind.LIVE
    return SourceKind.VIDEO if Path(name).suffix.lower() in VIDEO_SUFFIXES else SourceKind.IMAGE


def _stems(names: list[str], kinds: dict[str, SourceKind]) -> list[str]:
    """Stems; equal ones get their folder's name in front, and more folders, then the suffix, until they differ."""
    parts = [_name_parts(name, kinds[name]) for name in names]
    lengths = [1] * len(names)
    while True:
        stems = ["_".join(part[-length:]) for part, length in zip(parts, lengths, strict=True)]
        counts = Counter(stem.lower() for stem in stems)  # some file systems ignore case
        equal = [index for index, stem in enumerate(stems) if counts[stem.lower()] > 1]
        longer = [index for index in equal if lengths[index] < len(parts[index])]
        if not longer:
            break
        for index in longer:
            lengths[index] += 1
    for index in equal:  # one folder holds both, e.g. a.jpg and a.png
        stems[index] = "_".join([*parts[index][:-1][-1:], Path(names[index]).name])
    return _numbered(stems)


def _name_parts(name: str, kind: SourceKind) -> list[str]:
    if kind is SourceKind.LIVE:
        return [re.sub(r"[^A-Za-z0-9]+", "_", name.split("@")[-1]).strip("_")]  # without a password in front of @
    path = Path(name).absolute()
    return [*(part for part in path.parent.parts if part != path.anchor), path.stem]


def _numbered(stems: list[str]) -> list[str]:
    """The last resort: a number behind what is still equal."""
    seen: Counter = Counter()
    unique = []
    for stem in stems:
        seen[stem.lower()] += 1
        unique.append(stem if seen[stem.lower()] == 1 else f"{stem}_{seen[stem.lower()]}")
    return unique
