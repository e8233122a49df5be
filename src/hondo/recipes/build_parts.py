"""A recipe's parts as objects: samples, batches, model, objective."""

from collections.abc import Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn

from hondo.core.errors import HondoError
from hondo.core.sample import Sample
from hondo.core.types import InputSpec, Size
from hondo.data.augment.augment import augment
from hondo.data.datasets.registry import DATASETS
from hondo.data.loading.batches import BatchSource, ShuffledBatches
from hondo.data.loading.collate import collate
from hondo.models.base.depth_model import DepthModel
from hondo.models.families.pose import shared_pose
from hondo.models.registry.build_model import build_model
from hondo.recipes.recipe import Recipe
from hondo.recipes.two_view_poses import NEEDS_CAMERA, with_camera_path
from hondo.train.objectives.objective import Objective
from hondo.train.objectives.objective_config import SelfSupervisedConfig, SupervisedConfig
from hondo.train.objectives.self_supervised import SelfSupervised
from hondo.train.objectives.supervised import Supervised

SAMPLES_LOOKED_AT = 8  # before a run


def build_depth_model(recipe: Recipe) -> DepthModel:
    model = build_model(recipe.model.name, recipe.model.weights, **recipe.model.options)
    if not isinstance(model, DepthModel):
        raise HondoError(f"model.name '{recipe.model.name}' is not a depth model; choose another", field="model.name")
    return model


def build_objective(recipe: Recipe, model: DepthModel) -> Objective:
    if isinstance(recipe.objective, SupervisedConfig):
        return Supervised(model, recipe.objective)
    return SelfSupervised(model, recipe.objective, pose=_pose_network(recipe.objective, model))


def build_batches(recipe: Recipe, model: DepthModel, *, rank: int = 0, world_size: int = 1) -> BatchSource:
    """A data set that makes batches itself is told how; the samples of any other are shuffled."""
    config = recipe.batches
    entry = DATASETS[recipe.data.dataset]
    if isinstance(entry, type) and issubclass(entry, BatchSource):
        share = {"batch_size": config.batch_size, "rank": rank, "world_size": world_size}
        return entry(**_arguments(recipe.data), **share)
    samples = build_samples(recipe.data, multiple_of=model.input_spec.multiple_of)
    if isinstance(recipe.objective, SelfSupervisedConfig) and recipe.objective.pose == "two-view":
        samples = with_camera_path(samples, model)
    return ShuffledBatches(
        list(samples) if config.cache else samples,
        batch_size=config.batch_size,
        collate=collate,
        augment=partial(augment, config=recipe.augment) if recipe.augment else None,
        seed=recipe.seed,
        shuffle=config.shuffle,
        workers=config.workers,
        rank=rank,
        world_size=world_size,
    )


def check_samples(recipe: Recipe, batches: BatchSource) -> None:
    """Looks at a few samples before a run is started: what is missing in them would be found too late, or never."""
    if not isinstance(batches, ShuffledBatches):
        return
    samples = batches.samples
    if not isinstance(recipe.objective, SupervisedConfig):
        if samples[0].camera is None:
            raise HondoError(f"{samples[0].origin}: {NEEDS_CAMERA}")
        return
    looked = [samples[number] for number in range(0, len(samples), max(1, len(samples) // SAMPLES_LOOKED_AT))]
    known = [sample.valid for sample in looked if sample.depth_gt is not None and sample.valid is not None]
    if known and not any(bool(valid.any()) for valid in known):
        raise HondoError(
            f"no depth is known in {len(known)} samples looked at, the first {looked[0].origin}: all is NaN or 0; "
            "correct the depth maps or divide_by, and see: hondo data check"
        )


def build_samples(data: Any, *, multiple_of: int = 1) -> Sequence[Sample]:
    """The data set that a data config names. Frames keep the clip's aspect at about the area of ``size_hw``."""
    if "root" in {each.name for each in fields(data)} and data.root is None:
        raise HondoError(f"the data set '{data.dataset}' needs files; give root=PATH", field="root")
    if data.dataset == "frames" and data.size_hw is not None:
        data = replace(data, size_hw=_size_for(Path(data.root), data.size_hw, multiple_of=multiple_of))
    return DATASETS[data.dataset](**_arguments(data))


def _size_for(root: Path, size_hw: Size, *, multiple_of: int) -> Size:
    from hondo.images.placement import place

    native = tuple(max(multiple_of, round(side / multiple_of) * multiple_of) for side in size_hw)
    return place(_first_size(root), InputSpec(size_hw=(native[0], native[1]), multiple_of=multiple_of)).network_hw


def _first_size(root: Path) -> Size:
    from hondo.data.datasets.clip_files import find_layout, list_images
    from hondo.images.read import image_size
    from hondo.images.video_file import probe_video

    images = find_layout(root).images
    return probe_video(images).size_hw if images.is_file() else image_size(list_images(images)[0])


def _arguments(data: Any) -> dict[str, Any]:
    return {each.name: getattr(data, each.name) for each in fields(data)}


def _pose_network(config: SelfSupervisedConfig, model: DepthModel) -> nn.Module | None:
    if config.pose in ("known", "two-view"):
        return None
    if config.pose == "shared":
        return shared_pose(model)
    pose = build_model(config.pose_model)
    if isinstance(pose, DepthModel):
        raise HondoError(f"objective.pose_model '{config.pose_model}' is a depth model; choose nano-pose or pose")
    return pose
