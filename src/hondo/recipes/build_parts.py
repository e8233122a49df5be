"""Builds the parts that a recipe describes: model, objective, samples, batches."""

from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from hondo.core.errors import HondoError, warn
from hondo.core.sample import Sample, Samples
from hondo.data.augment.augment import augment
from hondo.data.datasets.clips import clips_of, find_clips, open_planned
from hondo.data.datasets.dataset_configs import FramesData
from hondo.data.datasets.registry import DATASETS, open_dataset, parse_set
from hondo.data.datasets.stereo_pair import is_pair_folder
from hondo.data.layouts.layout_table import LAYOUTS
from hondo.data.loading.bad_samples import readable_ones
from hondo.data.loading.batches import BatchSource, ShuffledBatches
from hondo.data.loading.collate import collate
from hondo.data.loading.measured_depth import WithMeasured
from hondo.data.partners.dataset_file import is_dataset_file
from hondo.data.streaming.shards import Shards, is_packed
from hondo.models.base.depth_model import DepthModel
from hondo.models.registry.build_model import build_model
from hondo.recipes.held_back import hold_back
from hondo.recipes.recipe import Recipe
from hondo.recipes.warm_start import warm_started
from hondo.train.objectives.objective import Objective
from hondo.train.objectives.registry import OBJECTIVES

LOOKED_AT = 5  # samples, for one that can be read


def build_depth_model(recipe: Recipe) -> DepthModel:
    """The model that the recipe names, with its weights or those it starts from; a pose network is refused."""
    model = build_model(recipe.model.name, recipe.model.weights, **recipe.model.options)
    if not isinstance(model, DepthModel):
        raise HondoError(f"model.name '{recipe.model.name}' is not a depth model; choose another", field="model.name")
    return model if recipe.model.start is None else warm_started(model, recipe.model)


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
    warn_of_test_images(recipe.data)
    samples = build_samples(recipe.data, multiple_of=model.input_spec.multiple_of)
    samples = OBJECTIVES[recipe.objective.objective].prepare_samples(samples, model, recipe.objective)
    if recipe.objective.objective == "self-supervised":
        samples = hold_back(samples, config.hold_back)
    remember_size(model, samples)
    return ShuffledBatches(
        _Cached(samples) if config.cache else samples,
        batch_size=config.batch_size,
        collate=collate,
        augment=partial(augment, config=recipe.augment) if recipe.augment else None,
        seed=recipe.seed,
        shuffle=config.shuffle,
        workers=config.workers,
        max_bad=config.max_bad,
        rank=rank,
        world_size=world_size,
    )


def remember_size(model: DepthModel, samples: Samples) -> None:
    """Makes the size of the training images the model's own: the commonest, where clips differ."""
    groups = getattr(samples, "groups", None) or (range(len(samples)),)
    height, width = readable_ones(samples, max(groups, key=len)[:LOOKED_AT])[0].image.shape[-2:]
    spec = model.input_spec
    if not spec.fixed and height % spec.multiple_of == width % spec.multiple_of == 0:
        model.set_input_spec(replace(spec, size_hw=(height, width)))


def build_samples(data: Any, *, multiple_of: int = 1) -> Samples:
    """The data set that a data config names. Frames keep their aspect ratio at about the area of ``size_hw``."""
    if data.dataset == "mix":  # its sets have roots of their own
        return DATASETS["mix"](**_arguments(data))
    if "root" in {each.name for each in fields(data)} and data.root is None:
        raise HondoError(f"the data set '{data.dataset}' needs files; give root=PATH", field="root")
    if getattr(data, "measured", None) is not None:
        other = replace(data, depth=data.measured) if data.name else replace(data, root=data.measured)
        shown = build_samples(replace(other, measured=None))
        return WithMeasured(build_samples(replace(data, measured=None)), shown)
    arguments = _arguments(data)
    if is_packed(arguments.get("root")):
        return Shards(data.root, size_hw=data.size_hw)
    if data.dataset in LAYOUTS:
        return open_dataset(data.dataset, **_changed(data, multiple_of=multiple_of), root=data.root)
    if data.dataset != "frames":
        return DATASETS[data.dataset](**arguments)
    if is_dataset_file(data.root):
        given = {name: value for name, value in arguments.items() if value != getattr(FramesData(), name)}
        return open_planned(Path(given.pop("root")), multiple_of=multiple_of, **given)
    if data.sources is None:
        arguments["sources"] = ("stereo",) if all(map(is_pair_folder, find_clips(data.root))) else (-1, 1)
    samples = DATASETS["frames"](**arguments, multiple_of=multiple_of)
    for clip in clips_of(samples):
        if clip.sources:
            clip.use_exif_camera()
    return samples


def warn_of_test_images(data: Any) -> None:
    """Says which published data sets are read without a split, though a split of theirs is for tests."""
    sets = getattr(data, "sets", None)
    named = [(data.dataset, getattr(data, "split", None))] if sets is None else [parse_set(each)[:2] for each in sets]
    for name, split in named:
        tests = [each for each in LAYOUTS[name].splits if "test" in each] if name in LAYOUTS else []
        if split is None and tests:
            remedy = "give data.split=NAME" if sets is None else f"name the set {name}@SPLIT:ROOT"
            warn(f"{name} is read without a split: it may train on images of its test split {tests[0]}; {remedy}")


def _arguments(data: Any) -> dict[str, Any]:
    """The fields of a data config that are known; None is left to the data set."""
    return {each.name: value for each in fields(data) if (value := getattr(data, each.name)) is not None}


def _changed(data: Any, *, multiple_of: int) -> dict[str, Any]:
    """The options of a published data set: those that differ from a config's defaults, and neighbours of frames."""
    plain = type(data)()
    given = {each.name: getattr(data, each.name) for each in fields(data) if each.name not in ("name", "root")}
    changed = {name: value for name, value in given.items() if value != getattr(plain, name)}
    if "sources" in given:  # frames keep the aspect of their images
        changed |= {"sources": data.sources or (-1, 1), "multiple_of": multiple_of}
    return changed | {"size_hw": data.size_hw}


class _Cached(Samples):
    """Every sample in memory; what cannot be read fails again whenever it is asked for."""

    def __init__(self, samples: Samples) -> None:
        self._samples, self._kept = samples, {}
        self.clips = clips_of(samples)
        self.groups = getattr(samples, "groups", None)
        self.streams = getattr(samples, "streams", None)

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> Sample:
        if index not in self._kept:
            self._kept[index] = self._samples[index]
        return self._kept[index]
