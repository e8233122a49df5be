"""Contract of every view term: zero at the truth, a finite gradient anywhere, masked pixels do not count."""

import pytest
import torch

from hondo.geometry.projection import pixel_grid
from hondo.geometry.warp import source_pixels
from hondo.losses.views.view_terms import VIEW_TERMS

H, W, DEPTH = 24, 32, 48.0
OPTIONS = {"camera_height": {"metres": 1.5}}
K = torch.tensor([[16.0, 0, 16], [0, 16, 12], [0, 0, 1]]).repeat(2, 1, 1)
T_TRUE = torch.eye(4).repeat(2, 2, 1, 1)
T_TRUE[:, 0, 0, 3], T_TRUE[:, 1, 0, 3] = 0.5, -0.25


def depth_true():
    """A wall behind a floor that lies 1.5 m below the camera and fills the lower half."""
    _, y = pixel_grid((H, W))
    return (1.5 * 16 / (y - 12).clamp(min=0.1)).clamp(max=DEPTH).expand(2, 1, H, W).clone()


def waves(x):
    """Features of length 1 that change slowly along x."""
    return torch.stack([(0.1 * x).cos(), (0.1 * x).sin()], dim=1)


def values(depth, T=T_TRUE, *, is_scene=None):
    """What terms read, true for ``depth_true`` and ``T_TRUE``. Views move along x, so points keep their depth."""
    truth = depth_true()
    flow = torch.stack([source_pixels(truth, T_TRUE[:, n], K, K)[0] - pixel_grid((H, W)) for n in range(2)], dim=1)
    x = pixel_grid((H, W))[0].expand(2, H, W)
    sources = torch.stack([waves(x - flow[:, n, 0]) for n in range(2)], dim=1)
    scene = torch.ones(2, 1, H, W, dtype=torch.bool) if is_scene is None else is_scene
    return {
        "depth": depth,
        "is_scene": scene,
        "K": K,
        "T_source_target": T,
        "source_K": K[:, None].expand(2, 2, 3, 3),
        "distance": torch.tensor([[0.5, 0.25], [0.5, torch.nan]]),
        "depth_source": truth[:, None].expand(2, 2, 1, H, W),
        "features": waves(x),
        "features_source": sources,
        "flow": flow,
        "is_matched": torch.ones(2, 2, 1, H, W, dtype=torch.bool),
        "is_stereo": torch.tensor([True, True]),
        "depth_hint": truth,
        "is_hint_better": torch.ones(2, 1, H, W, dtype=torch.bool),
    }


def loss_of(name, **given):
    return VIEW_TERMS[name](values(**given), **OPTIONS.get(name, {}))


@pytest.mark.parametrize("name", VIEW_TERMS)
def test_zero_at_the_truth_and_more_elsewhere(name):
    tolerance = 1e-3 if name == "feature_metric" else 1e-4  # waves are interpolated
    at_truth = loss_of(name, depth=depth_true())
    assert at_truth.shape == () and at_truth.dtype == torch.float32 and at_truth < tolerance
    T_far = T_TRUE.clone()
    T_far[..., :3, 3] *= 2
    assert loss_of(name, depth=1.6 * depth_true(), T=T_far) > 3 * tolerance


@pytest.mark.parametrize("name", VIEW_TERMS)
@pytest.mark.parametrize("where", ["truth", "away", "no motion", "behind", "no scene"])
def test_gradients_are_finite(name, where):
    depth, T = depth_true(), T_TRUE.clone()
    depth = depth * 2 if where == "away" else depth
    if where == "no motion":
        T[..., :3, 3] = 0
    if where == "behind":
        T[..., 2, 3] = -10
    depth, T = depth.requires_grad_(), T.requires_grad_()
    scene = torch.full((2, 1, H, W), where != "no scene")
    loss = loss_of(name, depth=depth, T=T, is_scene=scene)
    gradients = torch.autograd.grad(loss, (depth, T), allow_unused=True)
    assert loss.isfinite() and all(each.isfinite().all() for each in gradients if each is not None)
    assert any(each is not None for each in gradients)
    assert where != "no scene" or name == "velocity" or loss == 0


@pytest.mark.parametrize("name", [name for name in VIEW_TERMS if "is_scene" in VIEW_TERMS[name].reads])
def test_pixels_outside_the_scene_do_not_count(name):
    scene = torch.ones(2, 1, H, W, dtype=torch.bool)
    scene[..., :8] = False
    depth = 1.3 * depth_true()
    spoilt = torch.where(scene, depth, 0.7)
    torch.testing.assert_close(loss_of(name, depth=spoilt, is_scene=scene), loss_of(name, depth=depth, is_scene=scene))


@pytest.mark.parametrize("name", VIEW_TERMS)
def test_float32_under_bfloat16(name):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = loss_of(name, depth=1.3 * depth_true())
    torch.testing.assert_close(mixed, loss_of(name, depth=1.3 * depth_true()))
