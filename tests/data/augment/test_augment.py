"""Augmentation as a whole: reproducible, the loss's images untouched by looks, chances respected."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Batch
from hondo.data.augment.augment import AugmentConfig, augment, random_flip

EVERYTHING = AugmentConfig(flip=0.5, zoom=0.5, jitter=1, exposure=1, gamma=1, white_balance=1, blur=1, noise=1, jpeg=1)


def batch(count: int = 4) -> Batch:
    generator = torch.Generator().manual_seed(0)
    return Batch(
        image=torch.rand(count, 3, 16, 24, generator=generator),
        K=torch.tensor([[20.0, 0, 12], [0, 20, 8], [0, 0, 1]]).repeat(count, 1, 1),
        depth_gt=torch.rand(count, 1, 16, 24, generator=generator) + 1,
        valid=torch.ones(count, 1, 16, 24, dtype=torch.bool),
        source_images=torch.rand(count, 2, 3, 16, 24, generator=generator),
        source_roles=(-1, 1),
    )


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_same_seed_same_batch():
    one, two, other = (augment(batch(), seeded(seed), config=EVERYTHING) for seed in (0, 0, 1))
    for name in ("image", "K", "depth_gt", "valid", "source_images", "augmented", "augmented_sources"):
        assert torch.equal(getattr(one, name), getattr(two, name)), name
    assert not torch.equal(one.augmented, other.augmented)


def test_looks_change_only_what_the_network_sees():
    before = batch()
    config = AugmentConfig(flip=0, jitter=1, noise=1, jpeg=1, white_balance=1, exposure=1)
    after = augment(before, seeded(), config=config)
    assert torch.equal(after.image, before.image) and torch.equal(after.source_images, before.source_images)
    assert after.augmented.shape == before.image.shape and not torch.allclose(after.augmented, before.image, atol=0.01)
    assert after.augmented_sources.shape == before.source_images.shape
    assert float(after.augmented.min()) >= 0 and float(after.augmented.max()) <= 1


def test_chances():
    nothing = augment(batch(), seeded(), config=AugmentConfig(flip=0, jitter=0))
    assert torch.equal(nothing.augmented, batch().image)
    many = batch(400)
    flipped = random_flip(many, seeded(), chance=0.25)
    is_flipped = (flipped.image != many.image).flatten(1).any(dim=1)
    assert 0.18 < float(is_flipped.float().mean()) < 0.32
    jittered = augment(many, seeded(), config=AugmentConfig(flip=0, jitter=0.5))
    is_changed = (jittered.augmented != many.image).flatten(1).any(dim=1)
    assert 0.4 < float(is_changed.float().mean()) < 0.6


def test_crop_is_a_window_of_the_image():
    before = batch()
    after = augment(before, seeded(), config=AugmentConfig(flip=0, jitter=0, crop_hw=(8, 12)))
    assert after.image.shape[-2:] == after.depth_gt.shape[-2:] == after.augmented.shape[-2:] == (8, 12)
    for index in range(4):
        left, top = 12 - int(after.K[index, 0, 2]), 8 - int(after.K[index, 1, 2])
        assert torch.equal(after.depth_gt[index], before.depth_gt[index, :, top : top + 8, left : left + 12])


def test_zoom_stays_inside():
    after = augment(batch(64), seeded(), config=AugmentConfig(flip=0, jitter=0, zoom=1, max_zoom=2))
    assert after.valid.all() and float(after.K[:, 0, 0].min()) >= 20 and float(after.K[:, 0, 0].max()) <= 40


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"flip": 1.5}, "augment.flip must be at least 0 and at most 1"),
        ({"max_zoom": 0.5}, "max_zoom must be at least 1"),
    ],
)
def test_config_refusals(options: dict, says: str):
    with pytest.raises(HondoError, match=says):
        AugmentConfig(**options)


def test_a_window_larger_than_the_image_is_refused():
    with pytest.raises(HondoError, match="32x32 is larger than the images, 16x24"):
        augment(batch(), seeded(), config=AugmentConfig(crop_hw=(32, 32)))
