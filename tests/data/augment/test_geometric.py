"""Mirroring and zooming keep the laws between images, depth, cameras and poses."""

from dataclasses import replace

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Batch
from hondo.data.augment.geometric import flip, zoom

BOTH = torch.tensor([True, True])
HEIGHT, WIDTH = 24, 40


def rotation(angles: torch.Tensor) -> torch.Tensor:
    """A rotation matrix (3 3) from an antisymmetric one."""
    x, y, z = angles.tolist()
    return torch.linalg.matrix_exp(torch.tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]]))


def batch() -> Batch:
    generator = torch.Generator().manual_seed(0)
    poses = torch.eye(4).repeat(2, 2, 1, 1)
    for b in range(2):
        for n in range(2):
            poses[b, n, :3, :3] = rotation(torch.randn(3, generator=generator) * 0.2)
            poses[b, n, :3, 3] = torch.randn(3, generator=generator) * 0.3
    K = torch.tensor([[30.0, 0, 17], [0, 32, 11], [0, 0, 1]]).repeat(2, 1, 1)
    return Batch(
        image=torch.rand(2, 3, HEIGHT, WIDTH, generator=generator),
        K=K,
        depth_gt=torch.rand(2, 1, HEIGHT, WIDTH, generator=generator) + 1,
        valid=torch.rand(2, 1, HEIGHT, WIDTH, generator=generator) < 0.7,
        source_images=torch.rand(2, 2, 3, HEIGHT, WIDTH, generator=generator),
        source_roles=(-1, "stereo"),
        T_source_target=poses,
        source_K=K[:, None].repeat(1, 2, 1, 1),
    )


def project_into_sources(batch: Batch, pixels: torch.Tensor, depth: float) -> torch.Tensor:
    """Where target pixels (p 2) at a depth lie in each source view: (b n p 2)."""
    rays = torch.cat([pixels, torch.ones(len(pixels), 1)], dim=1) @ torch.linalg.inv(batch.K).mT * depth  # b p 3
    points = torch.cat([rays, torch.ones(*rays.shape[:2], 1)], dim=2)
    seen = (batch.T_source_target @ points.mT[:, None])[:, :, :3]  # b n 3 p
    image = batch.source_K @ seen
    return (image[:, :, :2] / image[:, :, 2:]).mT


def test_flip_mirrors_what_the_poses_see():
    """The mirrored point is seen at the mirrored place in every source view."""
    before = batch()
    after = flip(before, BOTH)
    pixels = torch.tensor([[3.5, 4.5], [30.0, 20.0], [17.0, 11.0]])
    mirrored = torch.stack([WIDTH - pixels[:, 0], pixels[:, 1]], dim=1)
    there, here = project_into_sources(before, pixels, 4.0), project_into_sources(after, mirrored, 4.0)
    assert torch.allclose(here[..., 0], WIDTH - there[..., 0], atol=1e-3)
    assert torch.allclose(here[..., 1], there[..., 1], atol=1e-3)
    assert torch.equal(after.image, before.image.flip(-1)) and torch.equal(after.valid, before.valid.flip(-1))
    assert torch.allclose(torch.linalg.det(after.T_source_target[..., :3, :3]), torch.ones(2, 2))


def test_flip_twice_is_nothing_and_touches_only_the_chosen():
    before = batch()
    twice = flip(flip(before, BOTH), BOTH)
    once = flip(before, torch.tensor([False, True]))
    for name in ("image", "K", "depth_gt", "valid", "source_images", "T_source_target", "source_K"):
        original = getattr(before, name)
        assert torch.allclose(getattr(twice, name).float(), original.float(), atol=1e-6), name
        assert torch.equal(getattr(once, name)[0], original[0]), name
        assert not torch.equal(getattr(once, name)[1], original[1]), name


def test_flip_agrees_with_the_camera():
    from hondo.core.types import Camera

    before = batch()
    camera = Camera.from_K(before.K[0].numpy(), size_hw=(HEIGHT, WIDTH)).flipped()
    assert torch.allclose(flip(before, BOTH).K[0], torch.from_numpy(camera.K).float())


def test_a_bare_batch_flips():
    bare = Batch(image=torch.rand(2, 3, 4, 6))
    assert torch.equal(flip(bare, BOTH).image, bare.image.flip(-1))


def window(**changes: object) -> dict:
    start = {"top": torch.zeros(2), "left": torch.zeros(2), "scale": torch.ones(2), "size_hw": (HEIGHT, WIDTH)}
    return start | changes


def test_zoom_by_one_is_the_identity():
    before = batch()
    after = zoom(before, **window())
    assert torch.allclose(after.image, before.image, atol=1e-5)
    assert torch.equal(after.depth_gt, before.depth_gt) and torch.equal(after.valid, before.valid)
    assert torch.equal(after.K, before.K)


def test_a_crop_copies_pixels_and_moves_the_principal_point():
    before = batch()
    after = zoom(before, **window(top=torch.tensor([3.0, 5]), left=torch.tensor([7.0, 2]), size_hw=(16, 20)))
    assert torch.allclose(after.image[0], before.image[0, :, 3:19, 7:27], atol=1e-5)
    assert torch.equal(after.depth_gt[1], before.depth_gt[1, :, 5:21, 2:22])
    assert torch.allclose(after.source_images[1], before.source_images[1, :, :, 5:21, 2:22], atol=1e-5)
    assert after.K[:, 0, 2].tolist() == [10, 15] and after.source_K[:, 0, 1, 2].tolist() == [8, 6]


def test_zoom_keeps_depth_and_scales_the_camera():
    before = batch()
    after = zoom(before, **window(scale=torch.full((2,), 2.0), top=torch.full((2,), 4.0)))
    assert torch.equal(after.depth_gt[:, :, ::2, ::2], before.depth_gt[:, :, 4:16, :20])
    assert after.K[0].tolist() == [[60, 0, 34], [0, 64, (11 - 4) * 2], [0, 0, 1]]
    pixels = torch.tensor([[9.0, 8.0]])
    there = project_into_sources(before, pixels, 3.0)
    here = project_into_sources(after, (pixels - torch.tensor([0.0, 4.0])) * 2, 3.0)
    assert torch.allclose(here, (there - torch.tensor([0.0, 4.0])) * 2, atol=1e-3)


def test_outside_the_image_nothing_is_valid():
    after = zoom(batch(), **window(left=torch.full((2,), -10.0)))
    assert not after.valid[..., :10].any() and after.valid[..., 10:].any()


def test_source_cameras_appear_where_views_shared_the_target_s():
    before = replace(batch(), source_K=None)
    after = zoom(before, **window(left=torch.tensor([2.0, 4.0])))
    assert torch.equal(after.source_K[:, 0], after.K)


def test_refusal():
    with pytest.raises(HondoError, match="positive scales"):
        zoom(batch(), **window(scale=torch.tensor([1.0, 0.0])))


def test_pairs_stay_on_their_pixels() -> None:
    """The value of a map at a point is the same before and after; a pair that leaves the window is unknown."""
    numbered = torch.arange(HEIGHT * WIDTH, dtype=torch.float32).view(1, 1, HEIGHT, WIDTH).repeat(2, 1, 1, 1)
    pairs = torch.tensor([[10.5, 8.5, 20.5, 12.5, 1.0], [0.5, 0.5, 20.5, 12.5, -1.0]]).repeat(2, 1, 1)
    before = replace(batch(), depth_gt=numbered, valid=torch.ones_like(numbered, dtype=torch.bool), pairs=pairs)

    def values(after: Batch) -> torch.Tensor:
        x, y = after.pairs[0, 0, [0, 2]].long(), after.pairs[0, 0, [1, 3]].long()
        return after.depth_gt[0, 0, y, x]

    expected = values(before)
    assert torch.equal(values(flip(before, BOTH)), expected)
    offset, scale = torch.tensor([4.0, 4.0]), torch.tensor([1.0, 1.0])
    cut = zoom(before, top=offset, left=offset, scale=scale, size_hw=(16, 24))
    assert torch.equal(values(cut), expected) and cut.pairs[0, 1].isnan().all()
    assert cut.pairs[0, 0].tolist() == [6.5, 4.5, 16.5, 8.5, 1.0]


def test_measured_depth_moves_with_the_labels() -> None:
    before = batch()
    before = replace(before, measured=before.depth_gt, is_measured=before.valid)
    offset, scale = torch.tensor([3.0, 5.0]), torch.tensor([1.0, 1.5])
    for after in (flip(before, BOTH), zoom(before, top=offset, left=offset, scale=scale, size_hw=(12, 16))):
        assert torch.equal(after.measured, after.depth_gt) and torch.equal(after.is_measured, after.valid)
        assert not torch.equal(after.is_measured, before.is_measured[..., :12, :16])
