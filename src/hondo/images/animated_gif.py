"""The images of an animated GIF with their times, by Pillow: FFmpeg joins images that state no delay into one."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from hondo.core.errors import HondoError
from hondo.images.file_header import DAMAGED, frame_count, open_pillow, without_remarks
from hondo.images.read import opened, pillow_rgb

DEFAULT_DELAY_S = 0.1  # of images that state none, or less than MIN_DELAY_S: what browsers show
MIN_DELAY_S = 0.02


def gif_frames(path: str | Path) -> Iterator[tuple[UInt8[np.ndarray, "h w 3"], float]]:
    """Every image as RGB, transparency on white, and its time in seconds after the first."""
    time_s = 0.0
    with opened(path) as (file, name, _):
        try:
            with without_remarks():
                image = open_pillow(file)
                for number in range(frame_count(image)):
                    image.seek(number)
                    yield pillow_rgb(image, format="GIF", name=name), time_s
                    time_s += _delay_s(image.info)
        except HondoError:
            raise
        except DAMAGED as error:
            raise HondoError(f"{name} is damaged: {error}; copy or convert it again") from error


def _delay_s(info: dict) -> float:
    delay_s = info.get("duration", 0) / 1000
    return delay_s if delay_s >= MIN_DELAY_S else DEFAULT_DELAY_S
