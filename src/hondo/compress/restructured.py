"""A model whose network was changed layer by layer: its options record how, so that it is built again from them."""

from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Any

import torch

from hondo.compress.kept import Compressed, count_kept
from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.structure import STRUCTURE, structure_of
from hondo.models.registry.build_model import build_model

SAFE = frozenset({"size_hw", "grid_hw"})  # options that leave the layers as they are


def copy_of(model: DepthModel) -> DepthModel:
    """A copy to change in place, in evaluation mode."""
    return deepcopy(model).eval()


def recorded(made: DepthModel, *, before: DepthModel, notes: Collection[str] = ()) -> Compressed:
    """``made``, a changed copy of ``before``, with its structure in its options."""
    options = {key: value for key, value in made.options.items() if key != STRUCTURE}
    with torch.device("meta"):
        built = build_model(made.name, "random", **options)
    structure = structure_of(made, built)
    made.options = options | ({STRUCTURE: structure} if structure else {})
    names = {name for name, _ in made.named_parameters()}
    made.packing = {key: how for key, how in made.packing.items() if key in names}
    kept = count_kept(made, before=dict(before.named_parameters()), changed=names, notes=notes)
    return Compressed(model=made.eval(), kept=kept)


def check_not_restructured(model: DepthModel, changes: Mapping[str, Any]) -> None:
    """Refuses other options for a network whose layers were changed: they would build layers that have gone."""
    if STRUCTURE in model.options and not changes.keys() <= SAFE:
        raise HondoError(
            f"{', '.join(sorted(changes))} cannot change after layers were pruned or factorised: put that step first"
        )
