"""The cost volume is least at the true depth, and says where it knows nothing."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from hondo.nn.cost_volume import EDGE, match, unmatched

HEIGHT, WIDTH = 16, 24
DEPTHS = torch.tensor([1.0, 2.0, 4.0, 8.0])
K = torch.tensor([[[16.0, 0, 12], [0, 16, 8], [0, 0, 1]]])


def smooth_features(channels: int = 6, width: int = WIDTH) -> Tensor:
    torch.manual_seed(0)
    return F.interpolate(torch.randn(1, channels, 5, width // 4), (HEIGHT, width), mode="bicubic", align_corners=True)


def moved(x: float) -> Tensor:
    T = torch.eye(4)
    T[0, 3] = x
    return T[None, None]


def test_the_true_depth_costs_least() -> None:
    """A camera moved by 0.5 to the left sees a wall at depth 2 by 16 * 0.5 / 2 = 4 pixels to the right."""
    wide = smooth_features(width=WIDTH + 4)
    target, source = wide[..., 4:], wide[..., :-4]  # source(x + 4) = target(x)
    matching = match(target, source[:, None], moved(0.5), K, DEPTHS)
    seen = matching.is_seen[0, 0]
    assert seen.any() and torch.all(matching.best_depth(DEPTHS)[0, 0][seen] == 2)
    assert matching.cost[0, 1][seen].max() < 1e-5 < matching.cost[0, 3][seen].mean()


def test_no_motion_compares_the_views_as_they_are() -> None:
    target, source = smooth_features(), smooth_features().flip(1)
    matching = match(target, source[:, None], moved(0), K, DEPTHS)
    inner = (..., slice(EDGE + 1, -EDGE - 1), slice(EDGE + 1, -EDGE - 1))
    expected = (target - source).abs().mean(1, keepdim=True).expand(-1, 4, -1, -1)
    assert torch.allclose(matching.cost[inner], expected[inner], atol=1e-4)


def test_borders_and_points_out_of_view_are_not_seen() -> None:
    matching = match(smooth_features(), torch.randn(1, 1, 6, HEIGHT, WIDTH), moved(0.5), K, DEPTHS)
    seen = matching.is_seen[0, 0]
    assert not seen[:EDGE].any() and not seen[-EDGE:].any() and not seen[:, :EDGE].any()
    assert not seen[:, -8:].any()  # at depth 1 these lie 8 pixels further right, beyond the source
    assert torch.all(matching.trusted_cost[0, :, ~seen] == 0) and matching.cost[0, 3, 8, -5] > 0


def test_views_are_averaged_where_they_see_and_zeros_mean_none() -> None:
    target, source = smooth_features(), torch.randn(1, 1, 6, HEIGHT, WIDTH)
    one = match(target, source, moved(0.5), K, DEPTHS)
    absent = torch.zeros(1, 1, 4, 4)
    with_none = match(target, source.repeat(1, 2, 1, 1, 1), torch.cat([moved(0.5), absent], dim=1), K, DEPTHS)
    twice = match(target, source.repeat(1, 2, 1, 1, 1), moved(0.5).repeat(1, 2, 1, 1), K, DEPTHS)
    assert torch.allclose(one.cost, with_none.cost) and torch.allclose(one.cost, twice.cost, atol=1e-6)
    nothing = match(target, source, absent, K, DEPTHS)
    assert not nothing.is_seen.any() and nothing.cost.abs().max() == 0
    assert torch.all(nothing.best_depth(DEPTHS) == 1)


def test_every_image_of_a_batch_has_its_own_pose_and_camera() -> None:
    target, source = smooth_features().repeat(2, 1, 1, 1), torch.randn(2, 1, 6, HEIGHT, WIDTH)
    poses, cameras = torch.cat([moved(0.5), moved(-0.2)]), torch.cat([K, K * torch.tensor([0.9, 0.9, 1])[:, None]])
    both = match(target, source, poses, cameras, DEPTHS)
    for i in range(2):
        one = match(target[i : i + 1], source[i : i + 1], poses[i : i + 1], cameras[i : i + 1], DEPTHS)
        assert torch.allclose(both.cost[i], one.cost[0], atol=1e-6)


@pytest.mark.parametrize("count", [1, 16, 17, 40])
def test_any_number_of_depths(count: int) -> None:
    matching = match(smooth_features(), smooth_features()[:, None], moved(0.1), K, torch.linspace(1, 9, count))
    assert matching.cost.shape == (1, count, HEIGHT, WIDTH) and torch.isfinite(matching.cost).all()


def test_stays_in_float32_under_autocast() -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        matching = match(smooth_features().bfloat16(), smooth_features()[:, None].bfloat16(), moved(0.5), K, DEPTHS)
    assert matching.cost.dtype == torch.float32


def test_without_a_view_nothing_is_known() -> None:
    matching = unmatched(smooth_features().bfloat16(), num_depths=4)
    assert matching.cost.shape == (1, 4, HEIGHT, WIDTH) and not matching.is_seen.any()
    assert matching.trusted_cost.dtype == torch.float32
