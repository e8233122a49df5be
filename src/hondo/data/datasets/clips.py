"""One clip or many: a folder of clips, several paths, patterns and comma lists; neighbours never cross clips."""

import bisect
import glob
import inspect
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from hondo.core.errors import HondoError, warn
from hondo.core.sample import Sample, Samples
from hondo.core.types import InputSpec, Size
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.clip_files import IMAGE_FOLDERS, find_layout, frame_size
from hondo.data.datasets.stereo_pair import SIDE_BY_SIDE, is_pair_folder
from hondo.data.partners.dataset_file import read_dataset_file
from hondo.images.listing import is_depth_folder, list_folder, natural_key, visible_files
from hondo.images.placement import place
from hondo.images.video_file import VIDEO_SUFFIXES

_DEPTH = 4  # levels of folders in which clips are looked for


class Clips(Sequence[Sample]):
    """The samples of several clips one after the other; each clip has its own size, camera and poses."""

    def __init__(self, clips: Sequence[Frames]) -> None:
        self.clips = tuple(clips)

    @property
    def _ends(self) -> list[int]:
        """Of each clip; targets may be left out later."""
        return list(accumulate(map(len, self.clips)))

    @property
    def origins(self) -> tuple[str, ...]:
        """What names each sample, without reading it."""
        return tuple(origin for clip in self.clips for origin in clip.origins)

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """The samples of equal image size and source views, which can be in one batch."""
        found: dict[object, list[int]] = {}
        for clip, end in zip(self.clips, self._ends, strict=True):
            found.setdefault((clip.size_hw or clip.frame_hw, clip.sources), []).extend(range(end - len(clip), end))
        return tuple(map(tuple, found.values()))

    def __len__(self) -> int:
        return self._ends[-1]

    def __getitem__(self, index: int) -> Sample:  # pyright: ignore[reportIncompatibleMethodOverride]
        if not 0 <= index < len(self):
            raise IndexError(index)
        number = bisect.bisect_right(self._ends, index)
        sample = self.clips[number][index - self._ends[number] + len(self.clips[number])]
        return replace(sample, clip=number)


def clips_of(samples: Samples) -> tuple[Frames, ...]:
    """The clips that samples come from; empty where they come from elsewhere."""
    return (samples,) if isinstance(samples, Frames) else tuple(getattr(samples, "clips", ()))


def open_clips(
    root: str | Path | Sequence[str | Path],
    *,
    size_hw: Size | None = None,
    multiple_of: int | None = None,
    **options: Any,
) -> Samples:
    """One clip as Frames, several as Clips; ``options`` are those of Frames, for each of them.

    ``multiple_of``: each clip keeps its aspect at about the area of ``size_hw``, in multiples of it.
    """
    roots = find_clips(root)
    if len(roots) > 1 and options.get("poses") is not None:
        raise HondoError(f"one file of poses cannot be of {len(roots)} clips; put a poses.txt into each clip's folder")
    if len(roots) > 1 and options.get("right") not in (None, SIDE_BY_SIDE):
        raise HondoError(f"one folder of right images cannot be of {len(roots)} clips", field="data.right")
    clips, failed = [], []
    for each in roots:
        size = size_hw
        if size_hw is not None and multiple_of is not None:
            size = size_for(each, size_hw, multiple_of=multiple_of, right=options.get("right"))
        try:
            clips.append(Frames(each, size_hw=size, **options))
        except HondoError as error:
            if len(roots) == 1:
                raise
            failed.append(f"{error}")
    if not clips:
        raise HondoError(f"none of {len(roots)} clips can be used; the first: {failed[0]}")
    if failed:
        warn(f"{len(failed)} of {len(roots)} clips cannot be used and are left out; the first: {failed[0]}")
    return clips[0] if len(clips) == 1 else Clips(clips)


def open_planned(file: Path, *, multiple_of: int = 1, **given: Any) -> Samples:
    """The clips of a dataset.json; ``given`` options of Frames go before those of the file."""
    clips = []
    for plan in read_dataset_file(file):
        options = plan.options() | given
        size_hw = options.pop("size_hw", plan.size_hw)
        shown_hw = plan.size_hw if options.get("crop") == plan.crop else options["crop"][2:]
        clips.append(Frames(plan.root, size_hw=size_near(shown_hw, size_hw, multiple_of=multiple_of), **options))
    return clips[0] if len(clips) == 1 else Clips(clips)


open_clips.__signature__ = inspect.signature(Frames)  # pyright: ignore[reportFunctionMemberAccess]


def find_clips(root: str | Path | Sequence[str | Path]) -> list[Path]:
    """The clips that paths, patterns and comma lists name, in natural order, each once."""
    given = [root] if isinstance(root, str | Path) else list(root)
    found = [
        clip for each in given for path in _expand(str(each)) for clip in _clips_below(path, depth=_DEPTH) or [path]
    ]
    once: dict[Path, Path] = {}
    for clip in found:
        once.setdefault(clip.resolve(), clip)  # a link to another clip would count twice
    return list(once.values())


def _expand(text: str) -> list[Path]:
    if Path(text).exists():
        return [Path(text)]
    if "," in text:
        return [path for part in text.split(",") if part.strip() for path in _expand(part.strip())]
    matched = sorted(map(Path, glob.glob(text, recursive=True)), key=natural_key)
    if not matched:
        raise HondoError(f"{text}: no such file or folder; give a folder of images, a folder of clips or a video file")
    if all(path.is_file() and path.suffix.lower() not in VIDEO_SUFFIXES for path in matched):
        raise HondoError(f"{text} matches {len(matched)} files that are no videos; give the folder of a clip's images")
    return matched


def _clips_below(path: Path, *, depth: int) -> list[Path]:
    """A clip itself; else the clips and videos in a folder and those below it."""
    if path.is_file() or _is_clip(path):
        return [path]
    if depth == 0:
        return []
    for side, other in (("left", "right"), ("right", "left")):
        if (path / side).is_dir():  # both would make it a clip
            raise HondoError(
                f"{path}: {side}/ is there and {other}/ is missing; a stereo pair needs both, and {path / side} is to "
                "be named itself to learn from one view"
            )
    files = [file for file in visible_files(path) if file.suffix.lower() in VIDEO_SUFFIXES]
    folders = sorted((child for child in path.iterdir() if child.is_dir() and child.name[0] != "."), key=natural_key)
    for folder in filter(is_depth_folder, folders):
        warn(f"{folder} holds depth maps and is no clip: left out")
    folders = [folder for folder in folders if not is_depth_folder(folder)]
    return files + [clip for folder in folders for clip in _clips_below(folder, depth=depth - 1)]


def _is_clip(folder: Path) -> bool:
    has_images = any((folder / name).is_dir() for name in IMAGE_FOLDERS)
    return has_images or is_pair_folder(folder) or bool(list_folder(folder).images)


def size_for(root: Path, size_hw: Size, *, multiple_of: int, right: object = None) -> Size:
    """The size with the aspect ratio of the clip and about the area of ``size_hw``, in multiples of ``multiple_of``."""
    height, width = frame_size(find_layout(root).images)
    width = width // 2 if right == SIDE_BY_SIDE else width
    return size_near((height, width), size_hw, multiple_of=multiple_of)


def size_near(image_hw: Size, size_hw: Size, *, multiple_of: int) -> Size:
    """The size with the aspect ratio of an image and about the area of ``size_hw``, in multiples of ``multiple_of``."""
    native = tuple(max(multiple_of, round(side / multiple_of) * multiple_of) for side in size_hw)
    return place(image_hw, InputSpec(size_hw=(native[0], native[1]), multiple_of=multiple_of)).network_hw
