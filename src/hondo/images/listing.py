"""The one lister of folders: images in natural order, no hidden files, no depth maps; what was left out is named."""

import glob
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.images.file_header import DAMAGED, frame_count, open_pillow
from hondo.images.read import IMAGE_SUFFIXES, opened
from hondo.images.video_file import VIDEO_SUFFIXES

# Words of a name that say whether a file holds depth or colour; the rest of the name is what the two share.
_DEPTH_WORD = re.compile(r"(?:^|(?<=[._\- ]))(?:depths?|depthmaps?|disp|disparity)(?=$|[._\- \d])", re.IGNORECASE)
_ROLE_WORD = re.compile(
    r"(?:^|(?<=[._\- ]))(?:sync|depths?|depthmaps?|disp|disparity|colou?rs?|rgb|images?|img|left)(?=$|[._\- \d])",
    re.IGNORECASE,
)
_CONVERT = frozenset(
    [".heic", ".heif", ".jxl", ".jp2", ".j2k", ".psd", ".raw", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2",
     ".svg", ".tga", ".dds", ".hdr"]
)  # fmt: skip
# What lies beside images and is no image: not worth a word.
_BESIDE = frozenset(
    [".txt", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".md", ".html", ".log", ".pdf", ".ini", ".db",
     ".npy", ".npz", ".pfm", ".exr", ".ply", ".obj", ".glb", ".bin", ".mat", ".h5", ".toml", ".py", ".sh", ".bag",
     ".wav", ".mp3", ".m4a", ".aac", ".srt", ".gpx", ".safetensors", ".onnx"]
)  # fmt: skip
DEPTH_MAPS = "depth maps"  # a reason to leave out
_HONDO_PNG = b"tEXthondo\0"  # the first chunk after the header of a depth map that hondo wrote
_FEW_KINDS = 5  # of files that are named
_FEW_GREY16 = 2  # 16-bit grey files that pair with colour by number: from so many on they are depth, whatever the name


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The images of a folder or pattern, and what was left out: a reason with its files."""

    images: tuple[Path, ...]
    left_out: tuple[tuple[str, tuple[Path, ...]], ...] = ()

    def remark(self, where: str | Path) -> str:
        """One line that says what was left out; empty where nothing was."""
        parts = [f"{len(files)} {reason} ({_names(files)})" for reason, files in self.left_out]
        return f"{where}: left out {'; '.join(parts)}" if parts else ""


def natural_key(path: Path) -> tuple[list[str | int], str]:
    """Sorts names by the numbers in them: frame2 before frame10."""
    parts = re.split(r"(\d+)", path.name)
    return [int(part) if index % 2 else part for index, part in enumerate(parts)], path.name


def visible_files(folder: Path, *, recursive: bool = False) -> Iterator[Path]:
    """The files of a folder in natural order, without hidden ones and macOS twins; each real folder is visited once."""
    yield from _walk(folder, recursive=recursive, visited=set())


def list_folder(folder: Path, *, recursive: bool = False) -> Listing:
    """The images of a folder, and with ``recursive`` of those below it and those that it links to."""
    return choose_images(visible_files(folder, recursive=recursive), below=folder)


def choose_images(files: Iterable[Path], *, below: Path | None = None, keep: frozenset[str] = frozenset()) -> Listing:
    """The images among files, without depth maps that lie beside them; files with a suffix of ``keep`` stay too."""
    images: list[Path] = []
    left_out: dict[str, list[Path]] = {}
    for file in files:
        suffix = file.suffix.lower()
        if not file.exists():
            left_out.setdefault("links that lead nowhere", []).append(file)
        elif suffix in IMAGE_SUFFIXES or suffix in keep:
            images.append(file)
        elif suffix in VIDEO_SUFFIXES:
            left_out.setdefault("videos: give them by name", []).append(file)
        elif suffix in _CONVERT:
            left_out.setdefault("images of other formats: convert them to JPEG or PNG", []).append(file)
        elif suffix not in _BESIDE:
            left_out.setdefault("files of unknown kind", []).append(file)
    depth = depth_maps_among([file for file in images if file.suffix.lower() in IMAGE_SUFFIXES], below=below)
    if depth:
        left_out[DEPTH_MAPS] = sorted(depth, key=natural_key)
    chosen = tuple(file for file in images if file not in depth)
    return Listing(images=chosen, left_out=tuple((reason, tuple(paths)) for reason, paths in left_out.items()))


def depth_maps_among(images: Sequence[Path], *, below: Path | None = None) -> set[Path]:
    """Which of the files are depth maps of others among them.

    Those hondo wrote; those with a word for depth in their name (or that of their folder below ``below``) beside an
    image of the same name or number (in another folder: only grey ones); and 16-bit grey files that pair by number
    with colour images of their folder.
    """
    kinds = {image: _png_kind(image) for image in images}
    depth = {image for image in images if kinds[image] == "hondo"}
    outputs = {image.with_name(shared_name(image.stem)) for image in depth}
    stems = {image.with_suffix("") for image in images}
    depth |= {
        image
        for image in images
        if image.stem.endswith(".color") and (_bare(image) in stems or image.with_name(_bare(image).name) in outputs)
    }
    rest = [image for image in images if image not in depth]
    named = {image for image in rest if _is_named_depth(image, below=below)}
    partners = {(folder, key) for image in rest if image not in named for folder, key in _keys(image)}
    names_anywhere = {key for _, key in partners}
    paired = {
        image
        for image in named
        if any(key in partners for key in _keys(image))
        or (kinds[image] and any(key in names_anywhere for _, key in _keys(image)))
    }
    folders = {image.parent for image in paired}
    depth |= {image for image in named if image in paired or image.parent in folders}
    return depth | _grey16_beside_colour([image for image in rest if image not in depth], kinds)


def shared_name(stem: str) -> str:
    """What the names of an image and its depth map share: frame-000.color and frame-000.depth give frame-000."""
    return re.sub(r"[._\- ]{2,}", "_", _ROLE_WORD.sub("", stem)).strip("._- ")


def name_numbers(stem: str) -> tuple[int, ...]:
    """The numbers in a name."""
    return tuple(int(digits) for digits in re.findall(r"\d+", stem))


def expand_pattern(pattern: str) -> list[Path]:
    """The files that a glob matches, in natural order; brackets that name an existing folder are no pattern."""
    prefix, rest = Path(), list(Path(pattern).parts)
    while rest and ((prefix / rest[0]).exists() or not glob.has_magic(rest[0])):
        prefix /= rest.pop(0)
    matches = glob.glob(os.path.join(glob.escape(str(prefix)), *rest), recursive=True)
    files = (Path(match) for match in matches)
    once = dict.fromkeys(sorted(files, key=lambda file: (str(file.parent), natural_key(file))))
    return [file for file in once if file.is_file() and not file.name.startswith("._")]


def is_grey16(image: Path) -> bool:
    """Whether a file is what depth maps are stored as: one channel of 16 bits or floats, or written by hondo."""
    return _png_kind(image) in ("grey16", "hondo")


def is_depth_folder(folder: Path) -> bool:
    """Whether a folder has a word for depth in its name and begins with an image that is stored as a depth map."""
    if not _DEPTH_WORD.search(folder.name):
        return False
    return is_grey16(next((file for file in visible_files(folder) if file.suffix.lower() in IMAGE_SUFFIXES), folder))


def contents_of(folder: Path) -> str:
    """How many files of each suffix a folder holds, the commonest first."""
    counts = Counter(file.suffix.lower() or "without a suffix" for file in visible_files(folder, recursive=True))
    if not counts:
        return "it is empty"
    listed = ", ".join(f"{count} {suffix}" for suffix, count in counts.most_common(_FEW_KINDS))
    return f"it holds {listed}{', ...' if len(counts) > _FEW_KINDS else ''}"


def animation_remark(image: Path) -> str:
    """One line for an image file that holds several images, of which only the first is read; else empty."""
    suffix = image.suffix.lower()
    try:
        with opened(image) as (file, _, _):
            start = file.read(64)
            is_many = b"acTL" in start or (start[12:16] == b"VP8X" and bool(start[20] & 2))
            if not is_many and suffix not in (".tif", ".tiff", ".avif", ".apng"):
                return ""
            file.seek(0)
            count = frame_count(open_pillow(file))
    except (HondoError, *DAMAGED):
        return ""
    return f"{image}: holds {count} images, only the first is read; convert it to a video for all" if count > 1 else ""


def _walk(folder: Path, *, recursive: bool, visited: set[Path]) -> Iterator[Path]:
    real = folder.resolve()
    if real in visited:
        return
    visited.add(real)
    for entry in sorted(folder.iterdir(), key=natural_key):
        if entry.name.startswith(".") or entry.name in ("__MACOSX", "Thumbs.db", "desktop.ini"):
            continue
        if not entry.is_dir():
            yield entry
        elif recursive:
            yield from _walk(entry, recursive=True, visited=visited)


def _is_named_depth(image: Path, *, below: Path | None) -> bool:
    """A word for depth in its name or in that of a folder below ``below``."""
    parts = () if below is None or not image.is_relative_to(below) else image.relative_to(below).parts[:-1]
    return any(_DEPTH_WORD.search(part) for part in (*parts, image.stem))


def _keys(image: Path) -> list[tuple[Path, object]]:
    numbers = name_numbers(image.stem)
    return [(image.parent, key) for key in (shared_name(image.stem), numbers) if key]


def _grey16_beside_colour(images: Sequence[Path], kinds: dict[Path, str]) -> set[Path]:
    colour = {(image.parent, name_numbers(image.stem)) for image in images if kinds[image] != "grey16"}
    grey = [image for image in images if kinds[image] == "grey16"]
    found: set[Path] = set()
    for folder in {image.parent for image in grey}:
        here = [image for image in grey if image.parent == folder]
        paired = [image for image in here if name_numbers(image.stem) and (folder, name_numbers(image.stem)) in colour]
        if len(paired) >= _FEW_GREY16 and 2 * len(paired) >= len(here):
            found.update(here)
    return found


def _bare(image: Path) -> Path:
    return image.with_name(image.stem.removesuffix(".color"))


def _png_kind(image: Path) -> str:
    """From the first bytes: hondo (a depth map that hondo wrote), grey16 (16 bits or floats, one channel), grey (8)."""
    try:
        with image.open("rb") as file:
            start = file.read(64)
            if start.startswith(b"\x89PNG"):
                if start[37:47] == _HONDO_PNG:
                    return "hondo"
                return {b"\x10\0": "grey16", b"\x08\0": "grey"}.get(start[24:26], "")
            if start[:4] not in (b"II*\0", b"MM\0*"):
                return "grey16" if re.match(rb"P5\s+(?:#[^\n]*\n\s*)*\d+\s+\d+\s+(?:\d{4,}|[3-9]\d\d)\s", start) else ""
            file.seek(0)
            return "grey16" if open_pillow(file).mode.startswith(("I", "F")) else ""
    except DAMAGED:
        return ""


def _names(files: Sequence[Path]) -> str:
    return files[0].name if len(files) == 1 else f"{files[0].name}, {files[1].name}" + (", ..." if files[2:] else "")
