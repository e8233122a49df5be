"""Builds the parts that a recipe describes: model, objective, samples, batches."""

from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from hondo.core.errors import HondoError
from hondo.core.sample import Samples
from hondo.core.types import InputSpec, Size
from hondo.data.augment.augment import augment
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.clip_files import find_layout, list_images
from hondo.data.datasets.registry import DATASETS
from hondo.data.loading.batches import BatchSource, ShuffledBatches
from hondo.data.loading.collate import collate
from hondo.images.placement import place
from hondo.images.read import image_size
from hondo.images.video_file import probe_video
from hondo.models.base.depth_model import DepthModel
from hondo.models.registry.build_model import build_model
from hondo.recipes.recipe import Recipe
from hondo.train.objectives.objective import Objective
from hondo.train.objectives.registry import OBJECTIVES


def build_depth_model(recipe: Recipe) -> DepthModel:
    """The model that the recipe names, with its weights; a pose network is refused."""
    model = build_model(recipe.model.name, recipe.model.weights, **recipe.model.options)
    if not isinstance(model, DepthModel):
        raise HondoError(f"model.name '{recipe.model.name}' is not a depth model; choose another", field="model.name")
    return model


def build_objective(recipe: Recipe, model: DepthModel) -> Objective:
    """The objective that the recipe's config names in OBJECTIVES."""
    return OBJECTIVES[recipe.objective.objective].build(model, recipe.objective)


def build_batches(recipe: Recipe, model: DepthModel, *, rank: int = 0, world_size: int = 1) -> BatchSource:
    """Shuffled batches of the recipe's samples, with what its objective needs; some data sets make batches themselves.

    With several processes, each gets its ``rank``-th share of every batch.
    """
    config = recipe.batches
    entry = DATASETS[recipe.data.dataset]
    if isinstance(entry, type) and issubclass(entry, BatchSource):
        share = {"batch_size": config.batch_size, "rank": rank, "world_size": world_size}
        return entry(**_arguments(recipe.data), **share)
    samples = build_samples(recipe.data, multiple_of=model.input_spec.multiple_of)
    samples = OBJECTIVES[recipe.objective.objective].prepare_samples(samples, model, recipe.objective)
    return ShuffledBatches(
        [samples[index] for index in range(len(samples))] if config.cache else samples,
        batch_size=config.batch_size,
        collate=collate,
        augment=partial(augment, config=recipe.augment) if recipe.augment else None,
        seed=recipe.seed,
        shuffle=config.shuffle,
        workers=config.workers,
        rank=rank,
        world_size=world_size,
    )


def build_samples(data: Any, *, multiple_of: int = 1) -> Samples:
    """The data set that a data config names. Frames keep their aspect ratio at about the area of ``size_hw``."""
    if "root" in {each.name for each in fields(data)} and data.root is None:
        raise HondoError(f"the data set '{data.dataset}' needs files; give root=PATH", field="root")
    if data.dataset == "frames" and data.size_hw is not None:
        data = replace(data, size_hw=_size_for(Path(data.root), data.size_hw, multiple_of=multiple_of))
    samples = DATASETS[data.dataset](**_arguments(data))
    if isinstance(samples, Frames) and data.sources:
        samples.use_exif_camera()
    return samples


def _size_for(root: Path, size_hw: Size, *, multiple_of: int) -> Size:
    """The size with the aspect ratio of the clip and about the area of ``size_hw``, in multiples of ``multiple_of``."""
    native = tuple(max(multiple_of, round(side / multiple_of) * multiple_of) for side in size_hw)
    return place(_first_size(root), InputSpec(size_hw=(native[0], native[1]), multiple_of=multiple_of)).network_hw


def _first_size(root: Path) -> Size:
    images = find_layout(root).images
    return probe_video(images).size_hw if images.is_file() else image_size(list_images(images)[0])


def _arguments(data: Any) -> dict[str, Any]:
    return {each.name: getattr(data, each.name) for each in fields(data)}
