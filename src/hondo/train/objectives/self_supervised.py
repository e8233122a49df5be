"""Learning from neighbouring views: with the right depth and camera motion, one view can be rendered from another."""

import copy
from dataclasses import replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.core.sample import Batch, Samples
from hondo.core.types import DepthKind
from hondo.data.datasets.clips import clips_of
from hondo.geometry.pose import invert_pose
from hondo.losses.scale_invariant import scale_invariant_loss
from hondo.losses.smoothness import smoothness_loss
from hondo.losses.views.reprojection import Views, reprojection_loss
from hondo.models.base.depth_model import DepthModel
from hondo.models.families.pose_networks import shared_pose
from hondo.models.registry.build_model import build_model
from hondo.train.objectives.objective import (
    Losses,
    ObjectiveEntry,
    freeze_parts,
    hold_frozen,
    leave_out_dropout,
    own_inv_depth_and_depth,
)
from hondo.train.objectives.objective_config import SelfSupervisedConfig
from hondo.train.objectives.stereo_scale import stereo_factor
from hondo.train.objectives.teaching_check import check_clips
from hondo.train.objectives.two_view_poses import NEEDS_CAMERA, is_stereo_only, with_camera_path
from hondo.train.objectives.views.direct_poses import direct_poses
from hondo.train.objectives.views.frozen_features import FrozenFeatures
from hondo.train.objectives.views.learned_camera import LearnedCamera
from hondo.train.objectives.views.track_scale import scale_to_track
from hondo.train.objectives.views.view_values import ViewValues
from hondo.train.objectives.views.weigh_views import check_view_terms, pixel_weight, reads_features, weighted_view_terms


class SelfSupervised(nn.Module):
    """The per-pixel minimum of the photometric error over the sources, auto-masked, at full size for every map.

    ``pose``: a network (image, next_image) -> T_next_image; None if the batch holds every pose. Poses, depth and
    photometric errors are computed in float32 at any training precision.
    """

    def __init__(self, model: DepthModel, config: SelfSupervisedConfig, *, pose: nn.Module | None = None) -> None:
        super().__init__()
        self.model, self.pose, self.config = model, pose, config
        freeze_parts(model, config.frozen or ())
        self.first = copy.deepcopy(model).requires_grad_(False) if config.anchor else None  # the initial model
        check_view_terms(config)
        what = config.intrinsics
        self.camera = None if what == "known" else LearnedCamera(what, cameras=config.cameras)
        self.encoder = FrozenFeatures(model) if reads_features(config) else None

    def train(self, mode: bool = True) -> "SelfSupervised":
        """Training mode, except for frozen parts."""
        super().train(mode)
        hold_frozen(self.model, parts=self.config.frozen or (), freeze_norm=bool(self.config.freeze_norm))
        if self.config.freeze_norm:  # the anchor has no dropout, and a small correction would learn to be smaller yet
            leave_out_dropout(self.model)
        if self.first is not None:
            self.first.eval()
        return self

    def forward(self, batch: Batch) -> Losses:
        check_views(batch)
        seen = batch.image if batch.augmented is None else batch.augmented
        parts = self.parts(batch, seen, self.model(seen))
        total = torch.stack(list(parts.values())).sum()
        return total, {name: part.detach() for name, part in parts.items()}

    def parts(
        self,
        batch: Batch,
        seen: Float[Tensor, "b 3 h w"],
        maps: list[Float[Tensor, "b 1 _ _"]],
        poses: list[Float[Tensor, "b 4 4"]] | None = None,
    ) -> dict[str, Float[Tensor, ""]]:
        """The weighted losses by name, of the maps that the model gave for ``seen``; ``poses``: known already."""
        batch = batch if self.camera is None else self.camera(batch)
        maps = [values.float() for values in maps]
        poses = poses or self.poses(batch, seen, maps[0])
        with torch.autocast(seen.device.type, enabled=False):
            values = ViewValues(batch, maps[0], poses, model=self.model, encoder=self.encoder)
            weight = pixel_weight(values, self.config) if self.config.view_masks else None
            photometric, smoothness = self._errors(batch, maps, poses, weight)
            parts = {"photometric": photometric, "smoothness": self.config.smoothness * smoothness}
            if self.config.view_terms:
                parts |= weighted_view_terms(values, self.config)
            if self.first is not None:
                parts["anchor"] = (self.config.anchor or 0.0) * self._anchor(seen, maps[0])
        return parts

    def poses(
        self, batch: Batch, seen: Float[Tensor, "b 3 h w"], finest: Float[Tensor, "b 1 _ _"] | None = None
    ) -> list[Float[Tensor, "b 4 4"]]:
        """T_source_target of every source; ``finest``: the model's map, which direct alignment needs."""
        if self.config.pose == "direct" and finest is not None:
            _, depth = own_inv_depth_and_depth(finest, self.model.kind, size_hw=batch.image.shape[-2:])
            return direct_poses(batch, depth)
        return [self._pose(batch, seen, number) for number in range(len(batch.source_roles))]

    def _errors(
        self,
        batch: Batch,
        maps: list[Float[Tensor, "b 1 _ _"]],
        poses: list[Float[Tensor, "b 4 4"]],
        weight: Float[Tensor, "b 1 h w"] | None = None,
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """Photometric error and smoothness, averaged over the maps; smoothness is halved with every coarser map."""
        depths, smoothness = [], maps[0].new_zeros(())
        for scale, values in enumerate(maps):
            inv_depth, depth = own_inv_depth_and_depth(values, self.model.kind, size_hw=batch.image.shape[-2:])
            depths.append(depth)
            image = batch.image if scale == 0 else F.interpolate(batch.image, values.shape[-2:], mode="area")
            smoothness = smoothness + smoothness_loss(inv_depth, image) / 2**scale
        config = self.config
        photometric = reprojection_loss(
            depths,
            replace(views_of(batch, poses), weight=weight),
            still=_temporal(batch) if config.auto_mask else None,
            ssim_weight=config.ssim_weight,
            mask_outside=config.mask_outside,
            tie_noise=config.tie_noise,
        )
        return photometric, smoothness / len(maps)

    def _pose(self, batch: Batch, seen: Float[Tensor, "b 3 h w"], number: int) -> Float[Tensor, "b 4 4"]:
        """T_source_target of one source: from the batch, or from the pose network."""
        role = batch.source_roles[number]
        if role == "stereo" or self.pose is None:
            if batch.T_source_target is None:
                raise HondoError(
                    'poses of the source views are not known: give the data poses, or objective.pose="network"',
                    field="objective.pose",
                )
            return batch.T_source_target[:, number]
        sources = batch.source_images if batch.augmented_sources is None else batch.augmented_sources
        assert sources is not None
        image, source = self._small(seen), self._small(sources[:, number])
        if role < 0:  # the pose network takes images in the order of time
            return invert_pose(self.pose(source, image).float())
        return self.pose(image, source).float()

    def _small(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 _ _"]:
        if self.config.pose_scale == 1:
            return image
        size = [round(side * self.config.pose_scale) for side in image.shape[-2:]]
        return F.interpolate(image, size, mode="bilinear", antialias=True, align_corners=False)

    def _anchor(self, seen: Float[Tensor, "b 3 h w"], finest: Float[Tensor, "b 1 h w"]) -> Float[Tensor, ""]:
        """The difference to the initial model's finest map, up to scale."""
        assert self.first is not None
        with torch.no_grad():
            before = self.first(seen)[0].float()
        return scale_invariant_loss(finest, before, is_valid=torch.ones_like(before, dtype=torch.bool))


def views_of(batch: Batch, poses: list[Float[Tensor, "b 4 4"]]) -> Views:
    """The batch's target and sources with the poses of the sources."""
    assert batch.source_images is not None and batch.K is not None
    source_K = [batch.K] * len(poses) if batch.source_K is None else batch.source_K.unbind(1)
    sources = batch.source_images.unbind(1)
    return Views(
        target=batch.image,
        sources=sources,
        K=batch.K,
        source_K=source_K,
        T_source_target=poses,
        is_scene=batch.is_scene,
    )


def _temporal(batch: Batch) -> list[int]:
    """The numbers of the sources of another time; of the first source if all are of another camera."""
    return [number for number, role in enumerate(batch.source_roles) if role != "stereo"] or [0]


def check_views(batch: Batch) -> None:
    """Refuses a batch without source views or intrinsics."""
    if batch.source_images is None or not batch.source_roles:
        raise HondoError("self-supervised training needs source views: frames before and after, or a stereo pair")
    if batch.K is None:
        raise HondoError(
            "self-supervised training needs the camera's intrinsics: give data.camera=FILE, fx,fy,cx,cy or fov=DEGREES",
            field="data.camera",
        )


def build_self_supervised(model: DepthModel, config: SelfSupervisedConfig) -> SelfSupervised:
    """The objective with the pose network that ``config.pose`` asks for."""
    if config.pose in ("known", "two-view", "direct"):
        return SelfSupervised(model, config)
    if config.pose == "shared":
        return SelfSupervised(model, config, pose=shared_pose(model))
    pose = build_model(config.pose_model)
    if isinstance(pose, DepthModel):
        raise HondoError(f"objective.pose_model '{config.pose_model}' is a depth model; choose nano-pose or pose")
    return SelfSupervised(model, config, pose=pose)


def prepare_samples(samples: Samples, model: DepthModel, config: SelfSupervisedConfig) -> Samples:
    """The samples, with poses from two-view geometry if the config asks for them; refuses samples without a camera."""
    clips = clips_of(samples)
    for clip in clips:
        clip.check_sizes()
    check_clips(clips, are_poses_known=config.pose == "known")
    if has_stereo(samples) and model.kind is DepthKind.SCALED_INVERSE_DEPTH:
        model.make_metric(stereo_factor(samples, model))
    if config.pose == "two-view" and not is_stereo_only(samples):
        samples = with_camera_path(samples, model)
        scale_to_track(clips, model)
        return samples
    if config.tells_metres and model.kind is DepthKind.SCALED_INVERSE_DEPTH:
        model.make_metric(1.0)  # learning finds the factor
    if len(samples) and samples[0].camera is None:
        raise HondoError(f"{samples[0].origin}: {NEEDS_CAMERA}")
    return samples


def has_stereo(samples: Samples) -> bool:
    """Whether every sample has the other image of its pair, with known poses, which set the scale."""
    sets = clips_of(samples) or (samples,)
    return len(samples) > 0 and all("stereo" in getattr(each, "sources", ()) for each in sets)


SELF_SUPERVISED = ObjectiveEntry(
    config=SelfSupervisedConfig, build=build_self_supervised, prepare_samples=prepare_samples
)
