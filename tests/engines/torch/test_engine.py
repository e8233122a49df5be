"""Torch as an engine for models that look at earlier frames."""

import numpy as np
import pytest
import torch

from hondo.core.types import Camera
from hondo.engines.load import load
from hondo.models.base.multi_frame import MultiFrameModel
from hondo.models.families.manydepth import manydepth

CAMERA = Camera(fx=60, fy=60, cx=48, cy=32, size_hw=(64, 96))


@pytest.fixture(scope="module")
def model() -> MultiFrameModel:
    torch.manual_seed(0)
    return manydepth(num_depths=8, depth_range=(0.5, 5.0), size_hw=(64, 96)).eval()


def test_a_session_is_the_model_with_the_frame_before(model: MultiFrameModel) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (3, 64, 96, 3), dtype=np.uint8)
    predictor = load(model, engine="torch", device="cpu")
    session = predictor.start(CAMERA)
    ours = [session(frame) for frame in frames]
    images = torch.from_numpy(frames).permute(0, 3, 1, 2) / 255.0
    with torch.no_grad():
        first = model(images[:1])[0]
        third = model(images[2:], previous=images[None, 1:2], camera=CAMERA)[0]
    np.testing.assert_allclose(ours[0].values, first[0, 0], atol=1e-4)
    np.testing.assert_allclose(ours[2].values, third[0, 0], atol=1e-4)
    assert ours[2].camera == CAMERA and np.abs(ours[2].values - predictor(frames[2]).values).max() > 1e-4
