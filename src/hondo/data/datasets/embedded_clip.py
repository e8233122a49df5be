"""The embedded clip: a hand-held walk through an office, shipped inside the package (MIT, see its LICENSE)."""

from dataclasses import dataclass
from pathlib import Path

from hondo.core.errors import HondoError

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "clip"


@dataclass(frozen=True, kw_only=True)
class EmbeddedClip:
    """Where the parts of the clip lie; a frame, its depth map and its row of ``poses`` share a number."""

    folder: Path  # everything, with the licence
    images: Path  # 000.jpg ... 095.jpg, 384x256, consecutive frames
    depth: Path  # 000.png, 004.png, ...: uint16, every fourth frame; 0 = no measurement
    divide_by: float  # metres = uint16 value / divide_by
    intrinsics: Path  # JSON, in pixels of the images
    poses: Path  # one row-major 4x4 a line, camera to world, metres
    frames_per_second: float  # of the images; not stated by the origin, chosen so that it plays at walking pace


def embedded_clip() -> EmbeddedClip:
    """The clip of the package; refuses an installation that lost it."""
    if not (FOLDER / "intrinsics.json").exists():
        raise HondoError(f"the embedded clip is missing ({FOLDER}); install hondo again")
    return EmbeddedClip(
        folder=FOLDER,
        images=FOLDER / "images",
        depth=FOLDER / "depth",
        divide_by=1000.0,
        intrinsics=FOLDER / "intrinsics.json",
        poses=FOLDER / "poses.txt",
        frames_per_second=10.0,
    )
