"""A predictor without a network (red is near), images, and a little video."""

import numpy as np
import pytest

from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.predictor import NetworkPredictor
from hondo.images.read import write_image
from hondo.images.video_writer import VideoWriter


@pytest.fixture
def red() -> NetworkPredictor:
    return NetworkPredictor(
        name="red",
        kind=DepthKind.SCALED_INVERSE_DEPTH,
        input_spec=InputSpec(size_hw=(32, 64), multiple_of=16),
        network=lambda image: image[:, :1] + 0.01,
        engine="numpy",
        precision="fp32",
    )


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (24, 48, 3), dtype=np.uint8)


@pytest.fixture
def album(tmp_path, image):
    """A folder with a subfolder, and a file that is no image."""
    folder = tmp_path / "album"
    for name in ("a.png", "b.jpg", "deep/c.png"):
        write_image(folder / name, image)
    (folder / "notes.txt").write_text("no image")
    return folder


@pytest.fixture
def clip(tmp_path, image):
    """Four frames with uneven times."""
    path = tmp_path / "clip.mp4"
    with VideoWriter(path, size_hw=(24, 48), fps=10) as video:
        for time_s in (0.0, 0.1, 0.3, 0.4):
            video.write(image, time_s=time_s)
    return path
