"""Every world of the table renders."""

import pytest
import torch

from hondo.synthetic import SyntheticScenes
from hondo.synthetic.worlds.registry import WORLDS


@pytest.mark.parametrize("world", WORLDS)
def test_every_world_gives_images_with_depth(world: str) -> None:
    scenes = SyntheticScenes(length=4, size_hw=(50, 70), worlds={world: 1.0})
    seen = torch.stack([torch.stack((s.image.std(), s.valid.float().mean(), s.depth_gt.max())) for s in scenes])
    assert (seen[:, 0] > 0.01).all(), "flat images"
    assert seen[:, 1].max() > 0.3 and torch.isfinite(seen).all()
    sample = scenes[0]
    assert sample.image.shape == (3, 50, 70) and sample.image.min() >= 0 and sample.image.max() <= 1
    assert sample.camera is not None and sample.camera.size_hw == (50, 70)
    assert (sample.depth_gt[sample.valid] > 0.04).all()
