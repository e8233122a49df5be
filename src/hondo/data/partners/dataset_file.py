"""dataset.json, as ``hondo doctor`` writes it: clips with their stride, crop, mask, size and camera."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError
from hondo.core.text_file import load_object
from hondo.core.types import Size
from hondo.images.placement import Crop

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class PlannedClip:
    """A clip and how it is read. Pixels are those of the clip as it came."""

    root: Path
    size_hw: Size  # about that of the network's images
    stride: int = 1  # each n-th frame is used, its neighbours are the n-th before and after
    start: int = 0
    stop: int | None = None
    camera: tuple[float, float, float, float] | None = None  # fx, fy, cx, cy
    crop: Crop | None = None
    mask: Path | None = None
    right: str | None = None  # "side-by-side", or the folder of the right images
    is_stereo: bool = False
    baseline: float | None = None  # metres

    def options(self) -> dict[str, Any]:
        """As Frames takes them."""
        sources = ("stereo",) if self.is_stereo else (-self.stride, self.stride)
        named = {"camera": self.camera, "crop": self.crop, "mask": self.mask, "right": self.right}
        named |= {"baseline": self.baseline, "stop": self.stop}
        known = {name: value for name, value in named.items() if value is not None}
        return known | {"sources": sources, "every": self.stride, "start": self.start}


def is_dataset_file(root: object) -> bool:
    """Whether a path names a dataset.json, and not a clip."""
    return isinstance(root, str | Path) and Path(root).suffix.lower() == ".json" and Path(root).is_file()


def read_dataset_file(path: Path) -> list[PlannedClip]:
    """The clips; paths in the file are relative to its folder."""
    try:
        stored = load_object(path.read_bytes(), name=path.name)
        if stored["format"] != FORMAT or not stored["clips"]:
            raise HondoError(
                f"{path} is of format {stored['format']!r} with {len(stored['clips'])} clips, not {FORMAT}"
            )
        return [_clip(values, path.parent) for values in stored["clips"]]
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise HondoError(
            f"{path} is not a dataset.json of hondo doctor ({type(error).__name__}: {error}); make one with: "
            "hondo doctor SOURCE"
        ) from error


def write_dataset_file(path: Path, clips: Sequence[PlannedClip], *, notes: Sequence[dict[str, Any]] = ()) -> Path:
    """Writes the clips, with what was measured of each as ``notes``; files in the folder are named from there."""
    folder = path.parent.resolve()

    def plain(value: Any) -> Any:
        if not isinstance(value, Path):
            return value
        inside = value.resolve()
        return str(inside.relative_to(folder)) if inside.is_relative_to(folder) else str(inside)

    rows = [{name: plain(value) for name, value in asdict(clip).items()} for clip in clips]
    rows = [row | {"measured": note} for row, note in zip(rows, notes, strict=True)] if notes else rows
    return atomic_write(path, (json.dumps({"format": FORMAT, "clips": rows}, indent=1) + "\n").encode())


def _clip(values: dict[str, Any], folder: Path) -> PlannedClip:
    """Lists as tuples, paths from the file's folder."""
    named: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    named.pop("measured", None)
    for name in ("root", "mask"):
        if named.get(name) is not None:
            named[name] = folder / named[name]
    return PlannedClip(**named)
