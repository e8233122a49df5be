"""The sheet of a diagnosis: a frame with mask and crop, the change over time, the flow, the motion of all pairs."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from hondo.images.draw import contact_sheet
from hondo.images.optical_flow import OpticalFlow, small_grey
from hondo.images.read import write_image
from hondo.mapping.doctor.sampled_frames import SampledFrames
from hondo.mapping.doctor.static_regions import StaticRegions
from hondo.train.objectives.teaching_check import STILL_PX, PairMotion

MASKED, WINDOW = (220, 40, 40), (40, 200, 80)
Rgb = UInt8[np.ndarray, "h w 3"]


def draw_diagnosis(
    source: SampledFrames, *, regions: StaticRegions | None, motions: Sequence[PairMotion], stride: int
) -> list[tuple[Rgb, str]]:
    """Images with captions."""
    frames = source.frames
    middle = frames[len(frames) // 2]
    deviation = np.stack([cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in frames[:: max(1, len(frames) // 32)]])
    change = np.clip(deviation.astype(np.float32).std(0) * 4, 0, 255).astype(np.uint8)
    window = max(source.windows, key=len)
    following = window[min(stride, len(window) - 1)]
    tiles = [
        (_with_regions(middle, regions), f"{source.root.name}: red is masked, green is the crop"),
        (np.repeat(change[..., None], 3, axis=2), "change over time: black stands still"),
        (_flow(window[0], following), f"flow over {stride} frame{'s' * (stride > 1)}: colour is direction"),
        (_curve([motion.motion_px for motion in motions], middle.shape[:2]), "motion of pairs, px of 256; red: still"),
    ]
    for left, right in source.stereo[:2]:
        tiles += [(left, "left"), (right, "right: lines join equal rows")]
        tiles[-2:] = [(_with_rows(image), caption) for image, caption in tiles[-2:]]
    return tiles


def write_sheet(path: Path, tiles: Sequence[tuple[Rgb, str]]) -> Path:
    """Four tiles a row."""
    return write_image(path, contact_sheet([image for image, _ in tiles], captions=[text for _, text in tiles]))


def _with_regions(image: Rgb, regions: StaticRegions | None) -> Rgb:
    shown = image.copy()
    if regions is not None:
        shown[~regions.is_scene] = (0.5 * shown[~regions.is_scene] + 0.5 * np.array(MASKED)).astype(np.uint8)
        top, left, height, width = regions.crop
        cv2.rectangle(shown, (left, top), (left + width - 1, top + height - 1), WINDOW, 2)
    return shown


def _with_rows(image: Rgb) -> Rgb:
    shown = image.copy()
    shown[:: max(1, image.shape[0] // 12)] = WINDOW
    return shown


def _flow(image: Rgb, following: Rgb) -> Rgb:
    """Hue is direction, brightness is length up to the 95th percentile."""
    flow = OpticalFlow()(small_grey(image, area=image[..., 0].size), small_grey(following, area=image[..., 0].size))
    length, angle = cv2.cartToPolar(flow[..., 0], flow[..., 1])
    value = np.clip(length / max(float(np.percentile(length, 95)), 0.5), 0, 1) * 255
    hsv = np.dstack((angle * 90 / np.pi, np.full_like(value, 255), value)).astype(np.uint8)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def _curve(values: Sequence[float], size_hw: tuple[int, int]) -> Rgb:
    """Bars from left to right over the pairs in order."""
    height, width = size_hw
    shown = np.full((height, width, 3), 255, np.uint8)
    top = max(4.0, float(np.percentile(values, 98))) if values else 4.0
    for at, value in enumerate(values):
        left, right = round(at * width / len(values)), max(round((at + 1) * width / len(values)), 1)
        bar = round(min(value / top, 1) * (height - 20)) + 2
        shown[height - bar :, left:right] = MASKED if value < STILL_PX else (60, 110, 190)
    cv2.putText(shown, f"{top:.1f} px", (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (32, 32, 32), 1, cv2.LINE_AA)
    return shown
