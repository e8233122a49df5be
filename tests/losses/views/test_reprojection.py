"""A textured wall at depth 2 seen by cameras 0.2 to the left and the right: every pixel shifts by 2."""

import pytest
import torch
import torch.nn.functional as F

from hondo.losses.photometric import moments, photometric_error
from hondo.losses.views.reprojection import Views, identity_error, reprojection_errors, reprojection_loss, smallest

SIZE, FOCAL, DEPTH, SHIFT = (16, 48), 20.0, 2.0, 2


def wall(*, seed: int = 0) -> Views:
    texture = torch.rand(2, 3, SIZE[0], SIZE[1] + 16, generator=torch.Generator().manual_seed(seed))
    texture = F.avg_pool2d(texture, 3, 1, 1)
    left, target, right = (texture[..., 8 + SHIFT * n : 8 + SHIFT * n + SIZE[1]] for n in (-1, 0, 1))
    poses = torch.eye(4).expand(2, 2, 4, 4).clone()
    poses[0, :, 0, 3], poses[1, :, 0, 3] = SHIFT * DEPTH / FOCAL, -SHIFT * DEPTH / FOCAL
    K = torch.tensor([[FOCAL, 0, SIZE[1] / 2], [0, FOCAL, 8], [0, 0, 1]]).expand(2, 3, 3)
    return Views(target=target, sources=(left, right), K=K, source_K=(K, K), T_source_target=tuple(poses))


def flat(depth: float) -> torch.Tensor:
    return torch.full((2, 1, *SIZE), depth, requires_grad=True)


def test_the_truth_has_the_smallest_error() -> None:
    losses = {depth: reprojection_loss([flat(depth)], wall()).item() for depth in (1.0, 1.7, 2.0, 2.4, 5.0)}
    assert min(losses, key=lambda depth: losses[depth]) == DEPTH and losses[DEPTH] < 0.03


def test_several_maps_are_averaged() -> None:
    near, far = (reprojection_loss([flat(depth)], wall()) for depth in (1.7, 2.4))
    torch.testing.assert_close(reprojection_loss([flat(1.7), flat(2.4)], wall()), (near + far) / 2)


@pytest.mark.parametrize("mask_outside", [True, False])
def test_only_pixels_that_a_source_shows_count_if_asked(mask_outside: bool) -> None:
    views = wall()
    views = Views(**{**vars(views), "sources": views.sources[1:], "source_K": views.source_K[1:],
                     "T_source_target": views.T_source_target[1:]})  # fmt: skip
    (error,) = reprojection_errors(flat(DEPTH), views, moments(views.target), mask_outside=mask_outside)
    assert (error[..., :SHIFT] > 100).all() == mask_outside and (error[..., SHIFT + 1 :] < 1e-3).all()
    assert (reprojection_loss([flat(DEPTH)], views, mask_outside=mask_outside) < 0.01) == mask_outside


def test_a_scene_that_stands_still_teaches_nothing() -> None:
    views = wall()
    views = Views(**{**vars(views), "sources": (views.target, views.target)})
    depth = flat(DEPTH)
    reprojection_loss([depth], views, still=(0, 1)).backward()
    assert depth.grad is not None and depth.grad.abs().max() < 1e-6


def test_identity_error_is_the_smallest_of_the_unwarped_sources() -> None:
    views = wall()
    target = moments(views.target)
    expected = smallest([photometric_error(source, target) for source in views.sources])
    torch.testing.assert_close(identity_error(views.sources, target, tie_noise=0.0), expected)


def test_gradients_reach_depth_pose_and_intrinsics() -> None:
    views = wall()
    poses = tuple(T.clone().requires_grad_() for T in views.T_source_target)
    K, depth = views.K.clone().requires_grad_(), flat(1.9)
    reprojection_loss([depth], Views(**{**vars(views), "K": K, "T_source_target": poses})).backward()
    for leaf in (depth, K, *poses):
        assert leaf.grad is not None and leaf.grad.isfinite().all() and leaf.grad.abs().sum() > 0
