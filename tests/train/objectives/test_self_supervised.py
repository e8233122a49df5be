"""A textured wall at depth 2 seen by a camera that moves sideways by 0.2: every pixel shifts by 2."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from hondo.core.sample import Batch
from hondo.core.types import DepthKind, InputSpec
from hondo.models.base.depth_model import DepthModel
from hondo.models.registry.build_model import build_model
from hondo.train.loop.loop import fit
from hondo.train.loop.loop_config import FabricConfig, LoopConfig, OptimConfig
from hondo.train.objectives.objective_config import SelfSupervisedConfig
from hondo.train.objectives.self_supervised import SelfSupervised

WIDTH, FOCAL, DEPTH, SHIFT = 48, 20.0, 2.0, 2
KNOWN = SelfSupervisedConfig(pose="known")


class Wall(nn.Module):
    """Predicts one inverse depth everywhere, at one or more scales."""

    def __init__(self, inv_depth, *, scales=1):
        super().__init__()
        self.log_inv_depth = nn.Parameter(torch.tensor(float(inv_depth)).log())
        self.scales = scales

    def forward(self, image):
        b, _, h, w = image.shape
        maps = [self.log_inv_depth.exp().expand(b, 1, h >> k, w >> k) for k in range(self.scales)]
        return maps


def wall(inv_depth, *, scales=1, kind=DepthKind.SCALED_INVERSE_DEPTH):
    return DepthModel(
        Wall(inv_depth, scales=scales), name="wall", kind=kind, input_spec=InputSpec(size_hw=(8, 8), multiple_of=8)
    )


def scene(*, roles=(-1, 1), known=True, seed=0):
    generator = torch.Generator().manual_seed(seed)
    texture = torch.rand(2, 3, 16, WIDTH + 16, generator=generator)
    texture = nn.functional.avg_pool2d(texture, 3, 1, 1)  # smooth enough for small errors to have a slope
    views = {offset: texture[..., 8 + SHIFT * offset : 8 + SHIFT * offset + WIDTH] for offset in (-1, 0, 1)}
    # The camera of view +1 is 0.2 to the right: x_source = x_target - 0.2
    poses = torch.eye(4).expand(2, len(roles), 4, 4).clone()
    offsets = [1 if role == "stereo" else role for role in roles]
    for number, offset in enumerate(offsets):
        poses[:, number, 0, 3] = -offset * SHIFT * DEPTH / FOCAL
    K = torch.tensor([[FOCAL, 0, WIDTH / 2], [0, FOCAL, 8], [0, 0, 1]]).expand(2, 3, 3)
    sources = torch.stack([views[offset] for offset in offsets], dim=1)
    return Batch(
        image=views[0], K=K, source_images=sources, source_roles=roles, T_source_target=poses if known else None
    )


def loss_at(inv_depth, config=KNOWN, batch=None, **options):
    return SelfSupervised(wall(inv_depth, **options), config)(batch or scene())[1]


@pytest.mark.parametrize("roles", [(-1, 1), (1,), ("stereo",), (-1, "stereo")])
def test_the_truth_has_the_smallest_error(roles):
    losses = {depth: loss_at(1 / depth, batch=scene(roles=roles))["photometric"] for depth in (1.0, 1.7, 2.0, 2.4, 5.0)}
    assert min(losses, key=losses.get) == 2.0
    assert losses[2.0] < 0.03  # only what the border shows twice is left


def test_masked_pixels_do_not_count_in_either_view():
    batch = scene(roles=(1,))
    hood = torch.ones(2, 1, 16, WIDTH, dtype=torch.bool)
    hood[..., 20:24] = False
    spoilt = replace(batch, source_images=batch.source_images.clone())
    spoilt.source_images[..., 20:24] = 1.0  # projected to target columns 22 to 25
    config = SelfSupervisedConfig(pose="known", mask_outside=True, ssim_weight=0.0, auto_mask=False)
    clean, ruined = (loss_at(0.5, config, each)["photometric"] for each in (batch, spoilt))
    assert float(ruined) > float(clean) + 0.01
    assert float(loss_at(0.5, config, replace(spoilt, is_scene=hood))["photometric"]) == pytest.approx(
        float(clean), abs=1e-3
    )


def test_pixels_outside_do_not_count():
    single = scene(roles=(1,))
    masked = loss_at(0.5, SelfSupervisedConfig(pose="known", mask_outside=True), single)["photometric"]
    assert masked < 0.3 * loss_at(0.5, KNOWN, single)["photometric"]  # SSIM windows at the edge still see both


def test_depth_models_of_other_kinds_agree():
    metric = loss_at(2.0, kind=DepthKind.METRIC_DEPTH)  # the wall's number is depth here
    torch.testing.assert_close(metric["photometric"], loss_at(0.5)["photometric"])


def test_any_number_of_maps():
    torch.testing.assert_close(loss_at(0.5, scales=3)["photometric"], loss_at(0.5)["photometric"])


@pytest.mark.parametrize("auto_mask", [True, False])
def test_auto_mask_ignores_a_still_scene(auto_mask):
    batch = scene()
    still = batch.image[:, None].expand(-1, 2, -1, -1, -1)
    batch = Batch(
        image=batch.image, K=batch.K, source_images=still, source_roles=(-1, 1), T_source_target=batch.T_source_target
    )
    model = wall(0.5)
    loss, _ = SelfSupervised(model, SelfSupervisedConfig(pose="known", auto_mask=auto_mask, smoothness=0.0))(batch)
    loss.backward()
    gradient = model.network.log_inv_depth.grad.abs()
    assert (gradient < 1e-6) == auto_mask


class Still(nn.Module):
    """A pose network that records what it sees and always says: one step to the right."""

    def __init__(self):
        super().__init__()
        self.x = nn.Parameter(torch.tensor(-SHIFT * DEPTH / FOCAL))
        self.seen = []

    def forward(self, image, next_image):
        self.seen.append((image, next_image))
        T = torch.eye(4).repeat(len(image), 1, 1)
        return torch.cat(
            [
                T[:, :, :3],
                torch.stack([self.x, 0 * self.x, 0 * self.x, 1 + 0 * self.x]).expand(len(image), 4)[:, :, None],
            ],
            2,
        )


def test_pose_network_sees_the_earlier_frame_first():
    batch, pose = scene(known=False), Still()
    objective = SelfSupervised(wall(0.5), SelfSupervisedConfig(), pose=pose)
    with_known = loss_at(0.5)["photometric"]
    torch.testing.assert_close(objective(batch)[1]["photometric"], with_known, atol=1e-5, rtol=1e-4)
    (first, second), (third, fourth) = pose.seen
    assert torch.equal(first, batch.source_images[:, 0]) and torch.equal(second, batch.image)
    assert torch.equal(third, batch.image) and torch.equal(fourth, batch.source_images[:, 1])


def test_pose_scale_shrinks_only_what_the_pose_network_sees():
    pose = Still()
    SelfSupervised(wall(0.5), SelfSupervisedConfig(pose_scale=0.5), pose=pose)(scene(known=False))
    assert pose.seen[0][0].shape == (2, 3, 8, 24)


def test_jittered_images_are_for_the_networks_only():
    batch, pose = scene(known=False), Still()
    dark = Batch(**{**vars(batch), "augmented": 0 * batch.image, "augmented_sources": 0 * batch.source_images})
    objective = SelfSupervised(wall(0.5), SelfSupervisedConfig(), pose=pose)
    torch.testing.assert_close(objective(dark)[1]["photometric"], objective(batch)[1]["photometric"], atol=1e-5, rtol=0)
    assert all(image.sum() == 0 for pair in pose.seen[:2] for image in pair)


def test_finds_the_depth():
    class Same:
        def __iter__(self):
            while True:
                yield scene()

        def state_dict(self):
            return {}

        def load_state_dict(self, state):
            pass

    model = wall(0.42)
    optim = OptimConfig(lr=0.03, max_steps=25, warmup=0.0, weight_decay=0.0)
    loop, setup = LoopConfig(show_progress=False), FabricConfig(accelerator="cpu")
    fit(SelfSupervised(model, KNOWN), Same(), optim=optim, loop=loop, setup=setup)
    assert model.network.log_inv_depth.exp().item() == pytest.approx(0.5, rel=0.03)


def test_photometry_is_float32_under_bfloat16():
    batch = scene()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss, parts = SelfSupervised(wall(0.5), SelfSupervisedConfig(pose="known", tie_noise=0.0))(batch)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(
        parts["photometric"], loss_at(0.5, SelfSupervisedConfig(pose="known", tie_noise=0.0))["photometric"]
    )


def test_anchor_holds_the_first_prediction():
    model = wall(0.5)
    objective = SelfSupervised(model, SelfSupervisedConfig(pose="known", anchor=1.0))
    assert objective(scene())[1]["anchor"] == 0
    assert not any(parameter.requires_grad for parameter in objective.first.parameters())
    assert not objective.train().first.training


def test_frozen_norm_keeps_its_statistics():
    network = nn.Sequential(nn.Conv2d(3, 1, 1), nn.BatchNorm2d(1), nn.Softplus())
    spec = InputSpec(size_hw=(8, 8), multiple_of=8)
    model = DepthModel(network, name="x", kind=DepthKind.SCALED_INVERSE_DEPTH, input_spec=spec)
    objective = SelfSupervised(model, SelfSupervisedConfig(pose="known", freeze_norm=True)).train()
    before = model.network[1].running_mean.clone()
    objective(scene())
    assert torch.equal(model.network[1].running_mean, before) and model.network[0].training


@pytest.mark.parametrize(
    ("missing", "message"),
    [("K", "intrinsics: give data.camera"), ("source_images", "needs source views"), ("T_source_target", "poses")],
)
def test_says_what_the_data_lack(missing, message):
    batch = Batch(**{**vars(scene()), missing: None})
    with pytest.raises(ValueError, match=message):
        SelfSupervised(wall(0.5), KNOWN)(batch)


def test_trained_weights_learn_without_dropout_and_with_their_frozen_parts_as_they_are() -> None:
    model = build_model("hondo-nano", weights="random")
    assert isinstance(model, DepthModel)
    config = SelfSupervisedConfig(pose="known", freeze_norm=True, frozen=("encoder",))
    objective = SelfSupervised(model, config).train()
    layout, encoder = model.network.get_submodule("layout"), model.network.get_submodule("encoder")
    assert layout.training and not any(each.training for each in encoder.modules())
    assert not any(each.training for each in layout.modules() if isinstance(each, torch.nn.Dropout2d))
    assert not any(each.requires_grad for each in encoder.parameters())
    assert all(each.requires_grad for each in layout.parameters()) and objective.training
