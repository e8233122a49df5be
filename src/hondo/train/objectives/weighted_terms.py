"""The weighted sum of loss terms over the maps of a model, each term over the samples whose truth it understands."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.core.errors import HondoError, unknown
from hondo.core.sample import Batch
from hondo.core.truth_kind import UNDERSTOOD, TruthKind
from hondo.core.types import DepthKind
from hondo.geometry.depth_units import invert_depth
from hondo.losses.terms import TERMS, Term
from hondo.train.objectives.objective import both_units, resized
from hondo.train.objectives.objective_config import SupervisedConfig

Parts = dict[str, Float[Tensor, ""]]


def weighted_terms(
    maps: Sequence[Float[Tensor, "b 1 _ _"]],
    batch: Batch,
    *,
    kind: DepthKind,
    config: SupervisedConfig,
    extras: Mapping[str, Tensor] | None = None,
) -> Parts:
    """Each term of ``config`` by name, over all maps resized to the size of the image; ``extras``: more to read."""
    known = truth_of(batch) | dict(extras or {})
    parts: Parts = {}
    for scale, values in enumerate(maps):
        values = resized(values.float(), batch.image.shape[-2:])
        inputs = known | both_units(values, kind)
        for name, weight in config.terms.items():
            options = options_of(name, TERMS[name], config.options)
            loss = weight * config.scale_decay**scale * _over_understood(TERMS[name], inputs, batch, options)
            parts[name] = parts[name] + loss if name in parts else loss
    return parts


def truth_of(batch: Batch) -> dict[str, Tensor]:
    """What terms read of a batch; a batch of ordinal truth alone has a map without a known pixel."""
    depth_gt, is_valid = batch.depth_gt, batch.valid
    if depth_gt is None or is_valid is None:
        depth_gt = torch.zeros_like(batch.image[:, :1])
        is_valid = torch.zeros_like(depth_gt, dtype=torch.bool)
    values = {"depth_gt": depth_gt, "inv_depth_gt": inverted(depth_gt, is_valid), "is_valid": is_valid}
    optional = {"K": batch.K, "pairs": batch.pairs}
    return values | {"image": batch.image} | {name: each for name, each in optional.items() if each is not None}


def inverted(depth: Float[Tensor, "b 1 h w"], is_valid: Bool[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
    """1 / depth where it is valid, else 1."""
    return invert_depth(torch.where(is_valid, depth, 1), not_positive="clamp")


def options_of(name: str, term: Term, stated: Mapping[str, float]) -> dict[str, float]:
    """The options of a term, stated as ``name.option``, as integers where its defaults are."""
    defaults = numbers_of(term)
    given = {key.removeprefix(f"{name}."): value for key, value in stated.items() if key.startswith(f"{name}.")}
    return {option: type(defaults[option])(value) for option, value in given.items()}


def check_options(terms: Mapping[str, Term], stated: Mapping[str, float], *, field: str = "objective.options") -> None:
    """Refuses an option of a loss that is not among ``terms``, or that has no such option."""
    known = [f"{name}.{option}" for name, term in terms.items() for option in numbers_of(term)]
    for key in stated:
        if key not in known:
            raise unknown(f"option of a loss in {field}", key, known, field=field)


def numbers_of(term: Term) -> dict[str, float]:
    """The options of a loss and their defaults: its arguments that have a number as default."""
    parameters = inspect.signature(term.function).parameters.values()
    return {each.name: each.default for each in parameters if isinstance(each.default, int | float)}


def _over_understood(
    term: Term, inputs: Mapping[str, Tensor], batch: Batch, options: Mapping[str, Any]
) -> Float[Tensor, ""]:
    """The term over the samples that it understands; 0 where the batch has none."""
    if "K" in term.reads and "K" not in inputs:
        raise HondoError(
            "this loss compares planes in space and needs the camera's intrinsics; give data with a camera"
        )
    rows = understood_rows(term, batch)
    if not rows or ("pairs" in term.reads and "pairs" not in inputs):
        return (inputs["inv_depth"] * 0).sum()
    if len(rows) == len(batch.image):
        return term(inputs, **options)
    index = torch.tensor(rows, device=batch.image.device)
    return term({name: inputs[name].index_select(0, index) for name in term.reads}, **options)


def understood_rows(term: Term, batch: Batch) -> list[int]:
    """The places in the batch of the samples that the term can read."""
    count = len(batch.image)
    if term.needs is None or not batch.truths:  # samples that state no kind are metric
        return [] if term.needs is TruthKind.STEREO_DISPARITY else list(range(count))
    return [place for place, kind in enumerate(batch.truths) if kind in UNDERSTOOD[term.needs]]
