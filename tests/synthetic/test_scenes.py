"""The renderer's promises: exact depth, pose and intrinsics, the same to the bit for the same seed."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.geometry.warp import synthesise_view
from hondo.synthetic import SyntheticScenes

SMALL = (48, 64)


def test_a_sample_is_a_function_of_seed_and_index() -> None:
    a, b = (SyntheticScenes(length=3, seed=5, size_hw=SMALL)[2] for _ in range(2))
    other = SyntheticScenes(length=3, seed=6, size_hw=SMALL)[2]
    assert torch.equal(a.image, b.image) and torch.equal(a.depth_gt, b.depth_gt)
    assert not torch.equal(a.image, other.image)


@pytest.mark.parametrize("role", [1, -1, "stereo"])
def test_depth_and_pose_explain_the_other_view(role: int | str) -> None:
    """Warping the source view by the true depth and pose gives the target, much better than the source as it is."""
    for sample in SyntheticScenes(length=3, seed=3, size_hw=(96, 128), worlds={"simple": 1.0}, sources=(role,)):
        view = sample.sources[0]
        K = torch.from_numpy(sample.camera.K).float()[None]
        depth = torch.where(sample.valid, sample.depth_gt, 50.0)[None]
        warped, inside = synthesise_view(view.image[None], depth, view.T_source_target[None], K, K)
        inside = inside & sample.valid
        after = (warped - sample.image).abs().mean(1, keepdim=True)[inside].mean()
        before = (view.image - sample.image)[None].abs().mean(1, keepdim=True)[inside].mean()
        assert after < 0.015 and after < 0.7 * before


def test_stereo_is_a_shift_to_the_right() -> None:
    view = SyntheticScenes(length=1, size_hw=SMALL, sources=("stereo",))[0].sources[0]
    expected = torch.eye(4)
    expected[0, 3] = -0.12
    torch.testing.assert_close(view.T_source_target, expected, atol=1e-5, rtol=0)


def test_the_images_size_does_not_change_the_scene() -> None:
    large, small = (
        SyntheticScenes(length=1, seed=2, size_hw=size, worlds={"simple": 1.0})[0] for size in ((96, 128), SMALL)
    )
    coarse = large.depth_gt[:, 1::2, 1::2]
    assert ((coarse - small.depth_gt).abs() < 0.05 * small.depth_gt).float().mean() > 0.9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"length": 0}, "length"),
        ({"size_hw": (8, 64)}, "sides"),
        ({"worlds": {}}, "worlds"),
        ({"worlds": {"rooom": 1.0}}, "room"),
    ],
)
def test_refuses(options: dict, message: str) -> None:
    with pytest.raises(HondoError, match=message):
        SyntheticScenes(**options)


def test_index_outside() -> None:
    scenes = SyntheticScenes(length=2, size_hw=SMALL, worlds={"simple": 1.0})
    assert scenes[-1].origin.endswith("/1")
    with pytest.raises(IndexError, match="sample 2 of 2"):
        scenes[2]
