"""What a user names as SOURCE: images, folders, globs, videos and cameras, with a name for each one's outputs."""

import glob
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hondo.core.errors import HondoError, warn
from hondo.images.listing import Listing, animation_remark, choose_images, expand_pattern, visible_files
from hondo.images.read import IMAGE_SUFFIXES
from hondo.images.video_file import VIDEO_SUFFIXES, is_video

ONE_IMAGE = (".jpg", ".jpeg")  # suffixes of files that never hold several
CLIP = "clip"  # the source of `hondo live` that stands for the embedded clip
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


def check_stream(text: str) -> None:
    """Refuses a stream that is neither an address nor a file or folder that is there."""
    path = Path(text)
    if not (LIVE.match(text) or path.is_file() or path.is_dir()):
        raise HondoError(f"{text}: no such camera, file or folder; e.g. webcam:0, rtsp://..., clip.mp4, a folder")


def _expand(text: str, *, out: Path | None) -> Iterable[str]:
    if LIVE.match(text):
        return [text]
    path = Path(text)
    if path.is_dir():
        listing = choose_images(
            (file for file in visible_files(path, recursive=True) if not _is_output(file, out=out)), below=path
        )
        if not listing.images:
            suffixes = ", ".join(sorted(IMAGE_SUFFIXES))
            raise HondoError(
                listing.remark(text) or f"{text}: this folder and its subfolders hold no images ({suffixes})"
            )
        return _with_remark(listing, where=text)
    if path.is_file():
        return [text]
    if glob.has_magic(text):
        listing = choose_images(expand_pattern(text), keep=VIDEO_SUFFIXES)
        if not listing.images:
            raise HondoError(listing.remark(text) or f"{text}: no image or video matches this pattern")
        return _with_remark(listing, where=text)
    raise HondoError(f"{text}: no such file, folder or pattern")


def _with_remark(listing: Listing, *, where: str) -> list[str]:
    """The images of a listing; warns of what was left out of it."""
    if remark := listing.remark(where):
        warn(remark)
    return [str(image) for image in listing.images]


def _is_output(file: Path, *, out: Path | None) -> bool:
    """What hondo wrote into ``out`` in an earlier run."""
    return file.stem.endswith((".depth", ".color")) and out is not None and file.resolve().is_relative_to(out.resolve())


def _kind(name: str) -> SourceKind:
    if LIVE.match(name):
        return SourceKind.LIVE
    path = Path(name)
    is_image = path.suffix.lower() in IMAGE_SUFFIXES - {".gif"}
    if not is_image and is_video(path):
        return SourceKind.VIDEO
    if path.suffix.lower() not in ONE_IMAGE and (remark := animation_remark(path)):
        warn(remark)
    return SourceKind.IMAGE


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
