"""Motion between rendered views with known depth: pixels land within a fraction of a pixel of the truth."""

from functools import cache

import pytest
import torch

from hondo.core.sample import Batch
from hondo.data.loading.collate import collate
from hondo.geometry.direct_alignment import align_direct
from hondo.geometry.warp import source_pixels
from hondo.synthetic.scenes import SyntheticScenes


@cache
def views() -> Batch:
    scenes = SyntheticScenes(length=3, seed=3, size_hw=(96, 128), sources=(-1, 1), worlds={"room": 1.0})
    return collate([scenes[index] for index in range(3)])


def miss(batch: Batch, T: torch.Tensor, number: int) -> list[float]:
    """Pixels between where a motion and the true one put the target's pixels: the median of each image."""
    given = batch.depth_gt, batch.K, batch.source_K[:, number]
    found, true = (source_pixels(given[0], each, *given[1:])[0] for each in (T, batch.T_source_target[:, number]))
    return (found - true).norm(dim=1).flatten(1).median(1).values.tolist()


@pytest.mark.parametrize("number", [0, 1])
def test_finds_the_motion_of_rendered_views(number: int) -> None:
    batch = views()
    still = torch.eye(4).repeat(3, 1, 1)
    T = align_direct(batch.image, batch.source_images[:, number], batch.depth_gt, batch.K, batch.source_K[:, number])
    assert max(miss(batch, T, number)) < 0.5 < 1.0 < max(miss(batch, still, number))


def test_translation_is_in_the_unit_of_depth() -> None:
    batch = views()
    given = batch.image, batch.source_images[:, 1]
    T, tripled = (align_direct(*given, k * batch.depth_gt, batch.K, batch.source_K[:, 1]) for k in (1.0, 3.0))
    torch.testing.assert_close(tripled[:, :3, 3], 3 * T[:, :3, 3], atol=3e-3, rtol=0.02)


def test_the_same_image_has_not_moved_and_starts_are_kept_where_nothing_is_seen() -> None:
    batch = views()
    still = torch.eye(4).repeat(3, 1, 1)
    found = align_direct(batch.image, batch.image, batch.depth_gt, batch.K, batch.K)
    torch.testing.assert_close(found, still, atol=1e-4, rtol=0)
    flat = torch.full_like(batch.image, 0.5)
    start = batch.T_source_target[:, 0]
    torch.testing.assert_close(align_direct(flat, flat, batch.depth_gt, batch.K, batch.K, T_start=start), start)
