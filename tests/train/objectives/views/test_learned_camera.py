"""Intrinsics as parameters: exact moves, flips, one row a clip; on rendered views the focal length is found."""

import json
from dataclasses import replace

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.types import Camera
from hondo.data.loading.collate import collate
from hondo.geometry.pose import T_from_axis_angle
from hondo.synthetic.scenes import SyntheticScenes
from hondo.train.objectives.objective_config import SelfSupervisedConfig
from hondo.train.objectives.self_supervised import SelfSupervised
from hondo.train.objectives.views.direct_poses import direct_poses
from hondo.train.objectives.views.learned_camera import GAIN, LearnedCamera, learned_intrinsics
from tests.train.objectives.views.test_weigh_views import KNOWN, told_model


def views(*, offset=3, count=3, seed=11):
    scenes = SyntheticScenes(
        length=count, seed=seed, size_hw=(64, 96), sources=(-offset, offset), worlds={"room": 1.0}, fov_deg=(60, 60)
    )
    return scenes, collate([scenes[index] for index in range(count)])


def guessed(batch, factor):
    K = batch.K.clone()
    K[:, 0, 0] *= factor
    K[:, 1, 1] *= factor
    return replace(batch, K=K, source_K=None)


def test_focal_length_and_principal_point_move_as_the_camera_says():
    _, batch = views(count=2)
    learned = LearnedCamera("all")
    with torch.no_grad():
        learned.log_focal.copy_(torch.tensor([[0.1, -0.2]]) / GAIN)
        learned.shift.copy_(torch.tensor([[0.05, 0.02]]) / GAIN)
    moved = learned(replace(batch, is_flipped=torch.tensor([False, True])))
    guess = Camera.from_K(batch.K[0].numpy(), size_hw=(64, 96))
    torch.testing.assert_close(moved.K[0], torch.from_numpy(learned.camera(guess).K).float())
    assert moved.K[1, 0, 2] < 48 < moved.K[0, 0, 2]  # x is mirrored
    torch.testing.assert_close(moved.source_K, moved.K[:, None].expand(-1, 2, -1, -1))


def test_one_row_for_each_clip_and_no_more_clips_than_rows():
    _, batch = views(count=2)
    learned = LearnedCamera("focal", cameras=2)
    with torch.no_grad():
        learned.log_focal[1] = 0.1 / GAIN
    moved = learned(replace(batch, clips=(0, 1)))
    torch.testing.assert_close(
        moved.K[:, 0, 0] / batch.K[:, 0, 0], torch.tensor([1.0, 0.1]).exp() / torch.tensor([torch.e, 1.0])
    )
    with pytest.raises(HondoError, match="3 clips or more"):
        learned(replace(batch, clips=(0, 2)))


def test_the_focal_length_of_rendered_views_is_found():
    _, batch = views()
    objective = SelfSupervised(told_model(batch), replace(KNOWN, intrinsics="focal"))
    optimizer = torch.optim.Adam([objective.camera.log_focal], lr=2e-3)
    for step in range(24):
        if step == 14:
            optimizer.param_groups[0]["lr"] = 5e-4
        loss, _ = objective(guessed(batch, 1.25))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = 1.25 * (GAIN * objective.camera.log_focal).exp().item()
    assert found == pytest.approx(1.0, abs=0.05)


def test_a_run_writes_what_it_learned():
    scenes, batch = views(count=1)
    objective = SelfSupervised(told_model(batch), replace(KNOWN, intrinsics="focal"))
    with torch.no_grad():
        objective.camera.log_focal.fill_(0.1 / GAIN)
    stored = json.loads(learned_intrinsics(objective, scenes)["intrinsics.json"])
    assert stored["fx"] == pytest.approx(2.718281828**0.1 * scenes[0].camera.fx) and stored["width"] == 96
    assert learned_intrinsics(SelfSupervised(told_model(batch), KNOWN), scenes) == {}


def test_poses_that_take_the_intrinsics_as_they_are_are_refused():
    with pytest.raises(HondoError, match=r"objective\.pose two-view takes the intrinsics"):
        SelfSupervisedConfig(pose="two-view", intrinsics="focal")


@pytest.mark.slow
@pytest.mark.parametrize("factor", [1.25, 0.8])
def test_the_focal_length_is_found_together_with_the_poses(factor):
    """Views that turn by about 3 degrees; poses start where direct alignment under the wrong focal length puts them."""
    scenes = SyntheticScenes(
        length=6, seed=11, size_hw=(96, 128), sources=(-8, 8), worlds={"room": 1.0}, fov_deg=(60, 60)
    )
    true = collate([scenes[index] for index in range(6)])
    batch = replace(guessed(true, factor), T_source_target=None)
    start = torch.stack(direct_poses(batch, batch.depth_gt), dim=1)
    objective = SelfSupervised(told_model(true), replace(KNOWN, intrinsics="focal"))
    motion = torch.zeros(6, 2, 6, requires_grad=True)
    groups = [{"params": [objective.camera.log_focal], "lr": 3e-3}, {"params": [motion], "lr": 2e-3}]
    optimizer = torch.optim.Adam(groups)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [240, 330], gamma=1 / 3)
    for _ in range(390):
        poses = T_from_axis_angle(motion[..., 3:], motion[..., :3]) @ start
        parts = objective.parts(batch, batch.image, [batch.depth_gt], list(poses.unbind(1)))
        optimizer.zero_grad()
        sum(parts.values()).backward()
        optimizer.step()
        schedule.step()
    assert factor * (GAIN * objective.camera.log_focal).exp().item() == pytest.approx(1.0, abs=0.05)
