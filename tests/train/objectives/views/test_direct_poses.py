"""Poses by alignment inside an objective: as good as known ones for learning."""

from dataclasses import replace

import torch

from hondo.train.objectives.self_supervised import SelfSupervised
from hondo.train.objectives.views.direct_poses import direct_poses
from tests.geometry.test_direct_alignment import miss, views
from tests.train.objectives.views.test_weigh_views import KNOWN, told_model


def test_every_source_is_aligned_and_stereo_is_known():
    batch = replace(views(), T_source_target=None)
    poses = direct_poses(batch, batch.depth_gt)
    assert all(max(miss(views(), T, number)) < 0.5 for number, T in enumerate(poses))
    with_stereo = replace(views(), source_roles=(-1, "stereo"))
    assert torch.equal(direct_poses(with_stereo, batch.depth_gt)[1], views().T_source_target[:, 1])


def test_the_objective_needs_no_pose_network():
    batch = replace(views(), T_source_target=None)
    config = replace(KNOWN, pose="direct")
    direct = SelfSupervised(told_model(batch), config)(batch)[1]["photometric"]
    known = SelfSupervised(told_model(batch), KNOWN)(views())[1]["photometric"]
    assert direct < 1.1 * known
