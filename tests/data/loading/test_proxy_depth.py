"""Depth from a rectified pair of rendered images, joined with labels that are there."""

from dataclasses import replace

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.data.loading.proxy_depth import WithProxyDepth, with_proxy_depth
from hondo.synthetic.scenes import SyntheticScenes


@pytest.fixture(scope="module")
def pair():
    return SyntheticScenes(length=1, seed=3, size_hw=(96, 160), sources=("stereo",))[0]


def mirrored(sample):
    """The same pair with the target as the right image: what a mirror shows."""
    view = sample.sources[0]
    pose = view.T_source_target.clone()
    pose[0, 3] *= -1
    flipped = replace(view, image=view.image.flip(-1), T_source_target=pose)
    known = {"depth_gt": sample.depth_gt.flip(-1), "valid": sample.valid.flip(-1)}
    return replace(sample, image=sample.image.flip(-1), camera=sample.camera.flipped(), sources=(flipped,), **known)


@pytest.mark.parametrize("turned", [lambda sample: sample, mirrored])
def test_matched_depth_is_near_the_truth(pair, turned):
    sample = turned(pair)
    found = with_proxy_depth(replace(sample, depth_gt=None, valid=None))
    near = sample.valid & (sample.depth_gt < 6)  # where a pixel of disparity is little of depth
    both = found.valid & near
    assert both.sum() > 0.7 * near.sum()
    ratio = (found.depth_gt[both] / sample.depth_gt[both]).log().abs()
    assert ratio.median() < 0.05 and (ratio < 0.2).float().mean() > 0.85


def test_labels_are_kept_and_matches_fill_up(pair):
    lidar = torch.zeros_like(pair.valid)
    lidar[:, ::8, ::4] = pair.valid[:, ::8, ::4]
    sparse = replace(pair, depth_gt=torch.where(lidar, pair.depth_gt, 0), valid=lidar)
    found = WithProxyDepth([sparse])[0]
    assert torch.equal(found.depth_gt[lidar], pair.depth_gt[lidar]) and found.valid.sum() > 2 * lidar.sum()
    assert (found.depth_gt[~found.valid] == 0).all() and len(WithProxyDepth([sparse])) == 1


def test_without_a_pair_nothing_changes_and_a_turned_pair_is_refused(pair):
    alone = replace(pair, sources=())
    assert with_proxy_depth(alone) is alone and with_proxy_depth(replace(pair, camera=None)).camera is None
    pose = pair.sources[0].T_source_target.clone()
    pose[:3, :3] = torch.linalg.matrix_exp(torch.tensor([[0.0, 0, 0.1], [0, 0, 0], [-0.1, 0, 0]]))
    with pytest.raises(HondoError, match="is not rectified"):
        with_proxy_depth(replace(pair, sources=(replace(pair.sources[0], T_source_target=pose),)))
