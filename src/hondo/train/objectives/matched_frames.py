"""Learning to match frames: a multi-frame model beside a single-frame teacher that knows what does not stand still.

Watson et al. 2021 (ManyDepth). The teacher learns from the same views and poses; where the depth of least matching cost
is far from its depth, something moves or has no texture, and the model follows the teacher in place of the images.
"""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.core.sample import Batch, Samples
from hondo.losses.masked import masked_mean
from hondo.losses.photometric import moments
from hondo.losses.smoothness import smoothness_loss
from hondo.losses.views.reprojection import OUT_OF_VIEW, reprojection_errors, smallest
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.multi_frame import MultiFrameModel
from hondo.models.registry.build_model import build_model
from hondo.nn.cost_volume import Matching
from hondo.train.objectives.objective import Losses, ObjectiveEntry, both_units, resized
from hondo.train.objectives.objective_config import MultiFrameConfig
from hondo.train.objectives.self_supervised import SelfSupervised, check_views, views_of
from hondo.train.objectives.self_supervised import prepare_samples as prepare_views

NEAREST = 1e-3  # of the depths that are tried
Poses = list[Float[Tensor, "b 4 4"]]


class MultiFrame(nn.Module):
    """``model`` matches the newest frames before the image; ``teaching`` trains the teacher and the poses.

    The model's photometric error has no auto-mask, and no gradient flows through matching.
    """

    def __init__(self, model: MultiFrameModel, teacher: DepthModel, config: MultiFrameConfig) -> None:
        super().__init__()
        self.model, self.config = model, config
        self.teaching = SelfSupervised(teacher, config.photometric, pose=model.pose)
        self.is_frozen = False

    @property
    def teacher(self) -> DepthModel:
        """The single-frame network that is trained beside the model."""
        return self.teaching.model

    def advance(self, *, progress: float, step: int) -> None:
        """Freezes teacher, poses and the range of depths when their time has come."""
        after = self.config.freeze_step
        if self.is_frozen or (progress < self.config.freeze_at and (after is None or step < after)):
            return
        self.is_frozen = True
        self.teaching.requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> "MultiFrame":
        """Training mode, except for frozen parts."""
        super().train(mode)
        if self.is_frozen:
            self.teaching.eval()
        return self

    def forward(self, batch: Batch) -> Losses:
        check_views(batch)
        seen = batch.image if batch.augmented is None else batch.augmented
        with torch.set_grad_enabled(not self.is_frozen):
            poses = self.teaching.poses(batch, seen)
            taught = self.teacher(seen)
            taught_parts = {} if self.is_frozen else self.teaching.parts(batch, seen, taught, poses)
        parts = {f"teacher_{name}": part for name, part in taught_parts.items()}
        poses = [pose.detach() for pose in poses]
        with torch.no_grad():
            depth_teacher = _depth(taught[0].float(), batch, self.teacher)
        previous, T_previous_target, is_changed = self._previous(batch, poses)
        maps, matching = self.model.matched(seen, previous, batch.K, T_previous_target)
        with torch.autocast(seen.device.type, enabled=False):
            maps = [values.float() for values in maps]
            is_trusted = self._is_trusted(matching, depth_teacher) & ~is_changed[:, None, None, None]
            parts |= self._parts(batch, maps, poses, depth_teacher, is_trusted)
        if self.training and not self.is_frozen:
            self._follow(depth_teacher)
        total = torch.stack(list(parts.values())).sum()
        return total, {name: part.detach() for name, part in parts.items()}

    def _previous(
        self, batch: Batch, poses: Poses
    ) -> tuple[Float[Tensor, "b n 3 h w"], Float[Tensor, "b n 4 4"], Bool[Tensor, " b"]]:
        """The frames that are matched, newest first, their poses, and which samples were changed: some see themselves
        under the pose of the frame before, some have no frame before (a pose of zeros)."""
        numbers = previous_of(batch)[: self.model.num_previous]
        sources = batch.source_images if batch.augmented_sources is None else batch.augmented_sources
        assert sources is not None
        draw = (torch.rand if self.training else torch.ones)(len(batch.image), device=batch.image.device)
        is_static = draw < self.config.static_share
        is_alone = ~is_static & (draw < self.config.static_share + self.config.no_pose_share)
        frames = torch.where(is_static[:, None, None, None, None], batch.image[:, None], sources[:, numbers])
        T = torch.stack([poses[number] for number in numbers], dim=1)
        return frames, T * ~is_alone[:, None, None, None], is_static | is_alone

    def _is_trusted(self, matching: Matching, depth_teacher: Float[Tensor, "b 1 h w"]) -> Bool[Tensor, "b 1 h w"]:
        """Where every depth was seen, and the one of least cost is near the teacher's."""
        encoder: Any = self.model.network.encoder
        size_hw = depth_teacher.shape[-2:]
        found = F.interpolate(matching.best_depth(encoder.depths), size_hw, mode="nearest")
        is_seen = F.interpolate(matching.is_seen.float(), size_hw, mode="nearest") > 0
        ratio = torch.maximum(found / depth_teacher, depth_teacher / found)
        return is_seen & (ratio < self.config.max_ratio)

    def _parts(
        self,
        batch: Batch,
        maps: list[Float[Tensor, "b 1 _ _"]],
        poses: Poses,
        depth_teacher: Float[Tensor, "b 1 h w"],
        is_trusted: Bool[Tensor, "b 1 h w"],
    ) -> dict[str, Float[Tensor, ""]]:
        """The model's weighted losses, averaged over its maps."""
        sums = {name: maps[0].new_zeros(()) for name in ("photometric", "consistency", "smoothness")}
        views, target, ssim_weight = views_of(batch, poses), moments(batch.image), self.config.photometric.ssim_weight
        for scale, values in enumerate(maps):
            depth = _depth(values, batch, self.model)
            error = smallest(reprojection_errors(depth, views, target, ssim_weight=ssim_weight))
            sums["photometric"] = sums["photometric"] + masked_mean(error, is_trusted & (error < OUT_OF_VIEW))
            apart = torch.where(is_trusted, 0.0, (depth - depth_teacher).abs()).mean()
            sums["consistency"] = sums["consistency"] + self.config.consistency * apart
            inv_depth = both_units(values, self.model.kind)["inv_depth"]
            image = batch.image if scale == 0 else F.interpolate(batch.image, values.shape[-2:], mode="area")
            weight = self.config.photometric.smoothness / 2**scale
            sums["smoothness"] = sums["smoothness"] + weight * smoothness_loss(inv_depth, image)
        return {name: value / len(maps) for name, value in sums.items()}

    @torch.no_grad()
    def _follow(self, depth_teacher: Float[Tensor, "b 1 h w"]) -> None:
        """Moves the range of depths towards the nearest and farthest that the teacher sees."""
        encoder: Any = self.model.network.encoder
        margin = self.config.range_margin
        near = ((1 - margin) * depth_teacher.amin((1, 2, 3)).mean()).clamp(min=NEAREST)
        far = (1 + margin) * depth_teacher.amax((1, 2, 3)).mean()
        encoder.depth_range.lerp_(torch.stack((near, far)).to(encoder.depth_range), 1 - self.config.range_decay)


def _depth(values: Float[Tensor, "b 1 _ _"], batch: Batch, model: DepthModel) -> Float[Tensor, "b 1 h w"]:
    """A map as depth at the size of the images."""
    return both_units(resized(values, batch.image.shape[-2:]), model.kind)["depth"]


def previous_of(batch: Batch) -> list[int]:
    """The sources that are frames before the image, the newest first; refuses a batch without any."""
    earlier = {role: number for number, role in enumerate(batch.source_roles) if role != "stereo" and role < 0}
    if not earlier:
        raise HondoError(
            f"a multi-frame model matches frames before the image, and the sources are {batch.source_roles}: give "
            "data.sources=-1 1",
            field="data.sources",
        )
    return [earlier[role] for role in sorted(earlier, reverse=True)]


def build_multi_frame(model: DepthModel, config: MultiFrameConfig) -> MultiFrame:
    """The objective with its teacher; the poses come from the model's own pose network."""
    if not isinstance(model, MultiFrameModel):
        raise HondoError(f"model '{model.name}' does not match frames; choose manydepth", field="model.name")
    wanted = "known" if model.pose is None else "network"
    if config.photometric.pose != wanted:
        raise HondoError(
            f"objective.photometric.pose must be {wanted}: the model was built "
            + (
                "without a pose network"
                if model.pose is None
                else "with a pose network, which it needs for predictions"
            ),
            field="objective.photometric.pose",
        )
    same = {name: model.options[name] for name in ("encoder", "pretrained", "size_hw") if name in model.options}
    options = config.teacher_options if config.teacher else same | config.teacher_options
    teacher = build_model(config.teacher or "monodepth2", None if config.teacher else "random", **options)
    if not isinstance(teacher, DepthModel):
        raise HondoError(f"objective.teacher '{config.teacher}' is not a depth model", field="objective.teacher")
    return MultiFrame(model, teacher.train(), config)


def prepare_samples(samples: Samples, model: DepthModel, config: MultiFrameConfig) -> Samples:
    """As for self-supervised training."""
    return prepare_views(samples, model, config.photometric)


MULTI_FRAME = ObjectiveEntry(config=MultiFrameConfig, build=build_multi_frame, prepare_samples=prepare_samples)
