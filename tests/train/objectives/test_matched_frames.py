"""Multi-frame training: what is matched and trusted, the range of depths, the freeze, and a model that runs again."""

from dataclasses import replace

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Batch
from hondo.data.loading.collate import collate
from hondo.engines.load import load
from hondo.images.pixels import tensor_to_rgb8
from hondo.models.base.weights_file import save_model
from hondo.models.registry.build_model import build_model
from hondo.nn.cost_volume import Matching
from hondo.synthetic.scenes import SyntheticScenes
from hondo.train.objectives.matched_frames import MultiFrame, build_multi_frame
from hondo.train.objectives.objective_config import MultiFrameConfig, SelfSupervisedConfig

SIZE, RESNET = (64, 96), "timm:test_resnet"
NO_POSE = MultiFrameConfig(photometric=SelfSupervisedConfig(pose="known"))


def objective(config: MultiFrameConfig | None = None, **options) -> MultiFrame:
    torch.manual_seed(0)
    small = {"encoder": RESNET, "pose_encoder": RESNET, "num_depths": 8, "size_hw": SIZE} | options
    return build_multi_frame(build_model("manydepth", "random", **small), config or MultiFrameConfig()).train()


@pytest.fixture(scope="module")
def batch() -> Batch:
    scenes = SyntheticScenes(length=2, seed=3, size_hw=SIZE, sources=(-1, 1))
    return collate([scenes[0], scenes[1]])


def test_parts_of_model_and_teacher_reach_every_network(batch) -> None:
    subject = objective()
    loss, parts = subject(batch)
    assert set(parts) == {
        *("photometric", "consistency", "smoothness"),
        *("teacher_photometric", "teacher_smoothness"),
    }
    loss.backward()
    for network in (subject.model.network.decoder, subject.model.pose, subject.teacher):
        assert any(each.grad is not None and each.grad.abs().sum() > 0 for each in network.parameters())


def test_the_model_moves_neither_poses_nor_teacher(batch) -> None:
    subject = objective()
    subject.teaching.parts = lambda *_: {}  # what is left are the model's own losses
    subject(batch)[0].backward()
    assert all(each.grad is None for each in (*subject.teacher.parameters(), *subject.model.pose.parameters()))
    assert any(each.grad is not None for each in subject.model.network.parameters())


def test_matching_is_trusted_where_it_agrees_with_the_teacher() -> None:
    subject = objective(NO_POSE, pose_network=False, depth_range=(1.0, 8.0))  # depths 1, 2, ... 8
    cost = torch.ones(1, 8, 1, 3)
    cost[0, 3] = 0.5  # 4 is best everywhere
    matching = Matching(cost=cost, is_seen=torch.tensor([[[[True, True, False]]]]))
    teacher = torch.tensor([[[[2.1, 8.0, 4.0]]]])  # a ratio of 1.9, of exactly 2, and not seen
    assert subject._is_trusted(matching, teacher).flatten().tolist() == [True, False, False]


@pytest.mark.parametrize(("static", "alone"), [(1.0, 0.0), (0.0, 1.0), (0.0, 0.0)])
def test_samples_as_of_a_still_camera_and_of_a_first_frame(batch, static, alone) -> None:
    subject = objective(MultiFrameConfig(static_share=static, no_pose_share=alone))
    frames, poses, is_changed = subject._previous(batch, [batch.T_source_target[:, n] for n in range(2)])
    expected = batch.image if static else batch.source_images[:, 0]
    torch.testing.assert_close(frames[:, 0], expected)
    assert bool((poses == 0).all()) == bool(alone) and bool(is_changed.all()) == bool(static or alone)
    subject.eval()
    assert not subject._previous(batch, [batch.T_source_target[:, n] for n in range(2)])[2].any()


def test_the_shares_are_a_quarter_each() -> None:
    subject, image = objective(), torch.rand(1000, 3, 2, 2)
    many = Batch(image=image, source_images=image[:, None].flip(-1), source_roles=(-1,))
    _, poses, is_changed = subject._previous(many, [torch.eye(4).expand(1000, 4, 4)])
    assert is_changed.float().mean() == pytest.approx(0.5, abs=0.05)
    assert (poses == 0).flatten(1).all(1).float().mean() == pytest.approx(0.25, abs=0.05)


def test_the_range_follows_the_teacher_slowly() -> None:
    subject = objective(depth_range=(0.1, 20.0))
    subject._follow(torch.tensor([[[[2.0, 10.0]]], [[[4.0, 30.0]]]]))  # nearest 3, farthest 20 in the mean
    wanted = torch.tensor([0.99 * 0.1 + 0.01 * 0.9 * 3, 0.99 * 20 + 0.01 * 1.1 * 20])
    torch.testing.assert_close(subject.model.network.encoder.depth_range, wanted)


@pytest.mark.parametrize("config", [MultiFrameConfig(), MultiFrameConfig(freeze_at=1.0, freeze_step=5)])
def test_teacher_poses_and_range_freeze_and_the_model_goes_on(batch, config) -> None:
    subject = objective(config)
    subject.advance(progress=0.7, step=4)
    assert not subject.is_frozen
    subject.advance(progress=0.76, step=5)
    before = {name: value.clone() for name, value in subject.teaching.state_dict().items()}
    before_range = subject.model.network.encoder.depth_range.clone()
    loss, parts = subject.train()(batch)
    assert set(parts) == {"photometric", "consistency", "smoothness"}
    loss.backward()
    assert all(each.grad is None for each in subject.teaching.parameters())
    assert all(torch.equal(value, before[name]) for name, value in subject.teaching.state_dict().items())
    assert torch.equal(before_range, subject.model.network.encoder.depth_range)


def test_photometry_and_matching_are_float32_under_bfloat16(batch) -> None:
    subject = objective()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss, _ = subject(batch)
        matching = subject.model.matched(batch.image, batch.source_images[:, :1], batch.K)[1]
    assert loss.dtype == matching.cost.dtype == torch.float32 and loss.isfinite()


def test_the_trained_model_runs_as_the_published_ones_do(batch, tmp_path) -> None:
    subject = objective()
    subject(batch)[0].backward()
    with torch.no_grad():
        subject.model.network.encoder.depth_range.copy_(torch.tensor([0.5, 9.0]))
    path = save_model(subject.model.eval(), tmp_path / "x.safetensors", licence="x", training={})
    again = build_model(path)
    torch.testing.assert_close(again.network.encoder.depth_range, torch.tensor([0.5, 9.0]))
    views = (batch.image, batch.source_images[:, :1], batch.K)
    torch.testing.assert_close(again(*views)[0], subject.model(*views)[0])
    predictor = load(path, engine="torch", precision="fp32")
    assert predictor(tensor_to_rgb8(batch.image[0])).values.shape == SIZE


def test_refuses_what_it_cannot_train(batch) -> None:
    with pytest.raises(HondoError, match="choose manydepth"):
        build_multi_frame(build_model("unet-light", "random"), MultiFrameConfig())
    with pytest.raises(HondoError, match="must be network"):
        objective(NO_POSE)
    with pytest.raises(HondoError, match="must be known"):
        objective(pose_network=False)
    later = replace(batch, source_roles=(1, 2))
    with pytest.raises(HondoError, match="frames before the image"):
        objective()(later)
    with pytest.raises(HondoError, match="shares of the same samples"):
        MultiFrameConfig(static_share=0.6, no_pose_share=0.6)
