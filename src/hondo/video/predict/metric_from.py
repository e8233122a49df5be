"""Metres for the maps of a run, from what was measured: ``known=x,y,metres``, ``points=FILE`` or ``height=METRES``."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from hondo.core.errors import HondoError
from hondo.core.text_file import read_text, split_words
from hondo.core.types import DepthMap
from hondo.geometry.metric_scale import MetricScale, scale_from_height, scale_from_points
from hondo.video.predict.manifest import Item
from hondo.video.sources.source_list import Source, SourceKind

FORMS = "known=x,y,metres, points=FILE (lines x,y,metres) or height=METRES"


@dataclass(frozen=True, kw_only=True)
class MetricFrom:
    """What was measured. Points belong to one image, or to the first frame of a video, whose scale stays."""

    text: str
    scale_of: Callable[[DepthMap], MetricScale]
    is_of_one_image: bool
    needs_camera: bool
    first: dict[str, MetricScale] = field(default_factory=dict)  # of each video

    @classmethod
    def parse(cls, text: str) -> "MetricFrom":
        """From the text of the option."""
        name, _, value = text.partition("=")
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
