"""Examines sources before training and writes the clips as training should read them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.data.datasets.clips import find_clips, size_near
from hondo.data.datasets.intrinsics import assumed_camera, read_camera
from hondo.data.datasets.stereo_pair import SIDE_BY_SIDE
from hondo.data.partners.dataset_file import PlannedClip, write_dataset_file
from hondo.images.placement import Crop
from hondo.images.read import write_image
from hondo.mapping.doctor.camera_facts import camera_of, estimate_focal, stereo_facts
from hondo.mapping.doctor.diagnosis import Diagnosis
from hondo.mapping.doctor.diagnosis_sheet import draw_diagnosis, write_sheet
from hondo.mapping.doctor.motion_facts import NOISE_PX, MotionFacts, motion_facts
from hondo.mapping.doctor.sampled_frames import SampledFrames, sample_frames
from hondo.mapping.doctor.static_regions import StaticRegions, find_static_regions
from hondo.train.objectives.teaching_check import STILL_PX, refusal

NETWORK_HW = (192, 288)  # area of the proposed size: that of the recipe video
MULTIPLE = 32
WISHED_PX, MAX_STRIDE = 4.0, 30  # motion between used frames, in pixels of 192x256
MIN_MASKED = 0.002  # of the window: less needs no mask


def examine_sources(
    sources: Sequence[str | Path], *, out: Path, camera: str | None = None, baseline: float | None = None
) -> list[Diagnosis]:
    """Each clip that the sources name; writes out/dataset.json, out/sheet.png and masks for those that can teach.

    A source that cannot be read is an error; where no clip can teach, the first one's reason is.
    """
    found = [
        _examine(sample_frames(root), number, out=out, camera=camera, baseline=baseline)
        for number, root in enumerate(find_clips(list(map(str, sources))))
    ]
    tiles = [
        tile
        for each in found
        for tile in draw_diagnosis(
            each.source, regions=each.regions, motions=each.motion.pairs, stride=each.clip.stride if each.clip else 1
        )
    ]
    write_sheet(out / "sheet.png", tiles)
    useful = [each for each in found if each.clip is not None]
    if not useful:
        raise HondoError(f"{found[0].source.root}: {found[0].refused}")
    clips = [each.clip for each in useful if each.clip is not None]
    write_dataset_file(out / "dataset.json", clips, notes=[each.measured() for each in useful])
    return found


def _examine(source: SampledFrames, number: int, *, out: Path, camera: str | None, baseline: float | None) -> Diagnosis:
    given = camera or source.camera_file
    known = None if given is None else read_camera(given, size_hw=source.size_hw)
    small = assumed_camera(source.small_hw) if known is None else known.resized(source.small_hw)
    regions = find_static_regions(source.frames)
    is_scene = None if regions is None or regions.is_scene.all() else regions.is_scene
    motion = motion_facts(source.windows, small, is_scene=is_scene)
    focal = estimate_focal(motion.spaced, small=small)
    focal = None if focal is None else focal.scaled(source.size_hw[1] / source.small_hw[1])
    stereo = stereo_facts(source.stereo, full_width=source.size_hw[1]) if source.stereo else None
    refused = "" if stereo is not None else _refusal(motion)
    clip = None
    if not refused:
        used = known
        if used is None and focal is not None and focal.is_determined:  # it is in pixels of the source already
            used = camera_of(focal, small_width=source.size_hw[1], size_hw=source.size_hw)
        clip = PlannedClip(
            root=source.root.resolve(),
            stride=1 if stereo is not None else _stride(motion),
            camera=None if used is None else (used.fx, used.fy, used.cx, used.cy),
            is_stereo=stereo is not None,
            right=SIDE_BY_SIDE if source.is_side_by_side else None,
            baseline=baseline,
            **_window(source, regions, out / f"mask-{number}.png"),
        )
    return Diagnosis(
        source=source, motion=motion, regions=regions, given=known, focal=focal, stereo=stereo, refused=refused,
        clip=clip,
    )  # fmt: skip


def _refusal(motion: MotionFacts) -> str:
    """Why nothing can be learned. Turning is told over so long a way that parallax would show."""
    if motion.motion_px < STILL_PX:
        return refusal(motion.pairs)
    return refusal(motion.spaced, noise_px=NOISE_PX)


def _stride(motion: MotionFacts) -> int:
    """Frames so far apart that the scene moves by a few pixels; pairs that stand still do not count."""
    moving = [pair.motion_px for pair in motion.pairs if pair.motion_px > 0.1]
    if not moving:
        return 1
    return int(np.clip(round(WISHED_PX / float(np.median(moving)) - 0.2), 1, MAX_STRIDE))


def _window(source: SampledFrames, regions: StaticRegions | None, mask_file: Path) -> dict[str, Any]:
    """Crop, mask and size in pixels of the source; the mask as a file."""
    if regions is None or source.is_side_by_side:  # halves cannot be cropped
        return {"size_hw": _size(source.size_hw)}
    scale = source.size_hw[0] / source.small_hw[0]
    top, left, height, width = (int(2 * round(side * scale / 2)) for side in regions.crop)
    crop: Crop = top, left, min(height, source.size_hw[0] - top), min(width, source.size_hw[1] - left)
    is_whole = crop[0] == crop[1] == 0 and regions.crop[2:] == source.small_hw
    if regions.masked > MIN_MASKED:
        write_mask(mask_file, regions.is_scene, source.size_hw)
    return {
        "crop": None if is_whole else crop,
        "mask": mask_file if regions.masked > MIN_MASKED else None,
        "size_hw": _size(source.size_hw if is_whole else (crop[2], crop[3])),
    }


def write_mask(path: Path, is_scene: Bool[np.ndarray, "h w"], size_hw: Size) -> Path:
    """White where the scene is, at the size of the source."""
    mask = cv2.resize(np.where(is_scene, 255, 0).astype(np.uint8), size_hw[::-1], interpolation=cv2.INTER_NEAREST)
    return write_image(path, np.repeat(mask[..., None], 3, axis=2))


def _size(image_hw: Size) -> Size:
    """About the area of the recipe's images, or the source's own where that is smaller."""
    return size_near(image_hw, min(NETWORK_HW, image_hw, key=lambda size: size[0] * size[1]), multiple_of=MULTIPLE)
