"""Metres for the maps of a run: ``known=x,y,metres``, ``points=FILE``, ``height=METRES``, or ``focal``.

``focal`` is for models that were trained to metres with one camera: the same image means twice the depth at twice the
focal length.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from hondo.core.errors import HondoError
from hondo.core.text_file import read_text, split_words
from hondo.core.types import DepthMap
from hondo.geometry.metric_scale import MetricScale, scale_from_height, scale_from_points
from hondo.models.base.metric_calibration import relative_focal
from hondo.video.predict.manifest import Item
from hondo.video.sources.source_list import Source, SourceKind

FORMS = "known=x,y,metres, points=FILE (lines x,y,metres), height=METRES or focal"
# Focal length over the square root of the image's area, of the cameras that published metric models were trained with:
# KITTI as it is cropped for training, NYU Depth v2, Hypersim, Virtual KITTI 2 (each data set's own intrinsics).
KITTI, NYU = 721.5377 / math.sqrt(352 * 1216), 518.8579 / math.sqrt(480 * 640)
HYPERSIM, VIRTUAL_KITTI = 886.81 / math.sqrt(768 * 1024), 725.0087 / math.sqrt(375 * 1242)
TRAINING_FOCAL = {
    **dict.fromkeys(("dpt-hybrid-kitti", "bts-kitti", "adabins-kitti", "glpn-kitti"), KITTI),
    **dict.fromkeys(("dpt-hybrid-nyu", "bts-nyu", "adabins-nyu", "glpn-nyu", "fastdepth", "fastdepth-pruned"), NYU),
    **{f"depth-anything-{size}-indoor": HYPERSIM for size in "sbl"},
    **{f"depth-anything-{size}-outdoor": VIRTUAL_KITTI for size in "sbl"},
}


@dataclass(frozen=True, kw_only=True)
class MetricFrom:
    """What was measured. Points belong to one image, or to the first frame of a video, whose scale stays."""

    text: str
    scale_of: Callable[[DepthMap], MetricScale]
    is_of_one_image: bool
    needs_camera: bool
    may_assume: bool = True  # a camera, where none is known
    first: dict[str, MetricScale] = field(default_factory=dict)  # of each video

    @classmethod
    def parse(cls, text: str, *, model: str = "") -> "MetricFrom":
        """From the text of the option; ``model``: whose training camera counts."""
        name, _, value = text.partition("=")
        if text == "focal":
            focal = training_focal(model)
            return cls(
                text=text,
                is_of_one_image=False,
                needs_camera=True,
                may_assume=False,
                scale_of=lambda found: scale_from_focal(found, focal),
            )
        if name == "height":
            metres = _number(value, text)
            return cls(
                text=text,
                is_of_one_image=False,
                needs_camera=True,
                scale_of=lambda found: scale_from_height(found, metres),
            )
        if name == "known":
            points = _rows(value, name=text)
        elif name == "points":
            points = _rows(read_text(Path(value)), name=value)
        else:
            raise HondoError(f"metric_from '{text}' is not known; give {FORMS}", field="metric_from")
        return cls(
            text=text, is_of_one_image=True, needs_camera=False, scale_of=lambda found: scale_from_points(found, points)
        )

    def check(self, sources: list[Source]) -> None:
        """Refuses points for several images: they were measured in one."""
        if self.is_of_one_image and len(sources) > 1:
            raise HondoError(
                f"metric_from {self.text}: points are measured in one image or video, but {len(sources)} are given; "
                "give one of them, or height=METRES",
                field="metric_from",
            )

    def apply(self, source: Source, item: Item, depth_map: DepthMap) -> tuple[Item, DepthMap]:
        """The map in metres, and the item that says how."""
        scale = self.first.get(source.text)
        if scale is None:
            scale = self.scale_of(depth_map)
            if self.is_of_one_image and source.kind is not SourceKind.IMAGE:
                self.first[source.text] = scale
        metric = scale.apply(depth_map)
        spread = "" if scale.spread is None else f", spread {scale.spread:.1%}"
        how = f"{self.text}: factor {scale.factor:.6g}, shift {scale.shift:.6g}{spread}"
        return replace(item, kind=str(metric.kind), metric=how), metric


def training_focal(model: str) -> float:
    """Of TRAINING_FOCAL; a model that is not there is refused."""
    if model not in TRAINING_FOCAL:
        raise HondoError(
            f"metric_from focal: {model} gives no metres that belong to a known camera; give known=x,y,metres, "
            f"points=FILE or height=METRES, or one of: {', '.join(TRAINING_FOCAL)}",
            field="metric_from",
        )
    return TRAINING_FOCAL[model]


def scale_from_focal(depth_map: DepthMap, training: float) -> MetricScale:
    """Depth grows with the focal length of the camera, relative to that of the ``training`` camera."""
    if depth_map.camera is None:
        raise HondoError(
            "metric_from focal needs the camera: give camera=FILE, or images with a focal length in EXIF",
            field="metric_from",
        )
    ratio = relative_focal(depth_map.camera) / training
    return MetricScale(factor=1 / ratio if depth_map.kind.is_inverse else ratio)


def _rows(text: str, *, name: str) -> np.ndarray:
    """Lines of x, y and metres, as (n 3); empty lines and comments are left out."""
    rows = [words for line in text.splitlines() if (words := split_words(line.partition("#")[0]))]
    wrong = next((line for line in rows if len(line) != 3), None)
    if wrong is not None or not rows:
        raise HondoError(f"{name}: a measured point is x,y,metres, got '{' '.join(wrong or [])}'", field="metric_from")
    return np.array([[_number(each, name) for each in row] for row in rows], dtype=np.float64)


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise HondoError(f"{name}: '{text}' is not a number; give {FORMS}", field="metric_from") from None
