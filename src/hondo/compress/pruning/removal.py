"""Parts of a network that go together (channels, heads), and their removal: really smaller tensors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int64
from torch import Tensor, nn

from hondo.compress.restructured import copy_of
from hondo.models.base.depth_model import DepthModel

OUT, IN = "out", "in"
Places = Mapping[tuple[str, str], list[int]]  # positions along a side of a module, by its path and the side


@dataclass(frozen=True, kw_only=True)
class Slice:
    """What a group's parts are in one module: positions along its outputs or its inputs, a row for each part."""

    path: str
    side: str
    places: Int64[Tensor, "p m"]


@dataclass(frozen=True, kw_only=True)
class Group:
    """``count`` parts that can go one by one, each from several modules; ``name``: of the first that writes them."""

    name: str
    count: int
    slices: tuple[Slice, ...]
    heads_of: str | None = None  # the attention whose heads the parts are

    @property
    def readers(self) -> tuple[Slice, ...]:
        """The modules that only read the parts: without their weights for a part, the output is as without the part."""
        return tuple(each for each in self.slices if each.side == IN)


def sides_of(module: nn.Module, side: str) -> tuple[tuple[str, int], ...]:
    """Names of the tensors of a module that have the side, and its dimension; empty: a module of another kind."""
    is_transposed = isinstance(module, nn.ConvTranspose2d)
    if isinstance(module, nn.modules.batchnorm._BatchNorm):
        return tuple((name, 0) for name in ("weight", "bias", "running_mean", "running_var"))
    if is_depthwise(module):
        return ("weight", 0), ("bias", 0)
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d) and module.groups == 1:
        return (("weight", int(is_transposed)), ("bias", 0)) if side == OUT else (("weight", int(not is_transposed)),)
    if isinstance(module, nn.Linear):
        return (("weight", 0), ("bias", 0)) if side == OUT else (("weight", 1),)
    return ()


def is_depthwise(module: nn.Module) -> bool:
    """Whether it is a convolution of each channel alone."""
    return isinstance(module, nn.Conv2d) and module.groups == module.in_channels == module.out_channels > 1


def removed(model: DepthModel, parts: Mapping[str, Sequence[int]], groups: Iterable[Group]) -> DepthModel:
    """A copy without ``parts`` (by the name of their group)."""
    made, chosen = copy_of(model), [group for group in groups if len(parts.get(group.name, ()))]
    places = places_of(chosen, parts)
    move_skip_channels(made, places)
    for (path, side), gone in places.items():
        shrink(made.get_submodule(path), side, gone)
    for group in chosen:
        if group.heads_of is not None:
            attention = made.get_submodule(group.heads_of)
            attention.num_heads = attention.num_heads - len(parts[group.name])  # type: ignore[assignment, operator]
    return made


def places_of(groups: Iterable[Group], parts: Mapping[str, Sequence[int]]) -> dict[tuple[str, str], list[int]]:
    """The positions that go on every side of every module: several groups may meet in one (concatenation)."""
    places: dict[tuple[str, str], set[int]] = {}
    for group in groups:
        gone = torch.as_tensor(parts[group.name], dtype=torch.int64)
        for each in group.slices:
            places.setdefault((each.path, each.side), set()).update(each.places[gone].flatten().tolist())
    return {key: sorted(found) for key, found in places.items()}


def shrink(module: nn.Module, side: str, gone: Sequence[int]) -> None:
    """Takes positions out of the tensors of one side, and out of the numbers that state their count."""
    with torch.no_grad():
        for name, dim in sides_of(module, side):
            tensor = getattr(module, name, None)
            if tensor is not None:
                smaller = without(tensor, dim, gone)
                setattr(module, name, nn.Parameter(smaller) if isinstance(tensor, nn.Parameter) else smaller)
    both = ("in_channels", "out_channels", "groups", "num_features")
    sided = {OUT: ("out_channels", "out_features"), IN: ("in_channels", "in_features")}[side]
    is_paired = is_depthwise(module) or isinstance(module, nn.modules.batchnorm._BatchNorm)
    for name in both if is_paired else sided:
        if hasattr(module, name):
            setattr(module, name, getattr(module, name) - len(gone))


def without(tensor: Tensor, dim: int, gone: Sequence[int]) -> Tensor:
    """The tensor without these positions."""
    kept = torch.ones(tensor.shape[dim], dtype=torch.bool, device=tensor.device)
    kept[list(gone)] = False
    return tensor.detach().index_select(dim, kept.nonzero()[:, 0]).clone()


def move_skip_channels(model: nn.Module, places: Places) -> None:
    """Upsampling modules state how many of their first layer's inputs come from the skip connection, which are last."""
    for path, module in model.named_modules():
        skip = getattr(module, "skip_channels", None)
        if skip is None:
            continue
        for first in (f"{path}.0", f"{path}.0.conv"):
            if (gone := places.get((first, IN))) is not None:
                start = model.get_submodule(first).in_channels - skip  # type: ignore[operator]
                module.skip_channels = skip - sum(place >= start for place in gone)  # type: ignore[assignment]


def masked(model: DepthModel, parts: Mapping[str, Sequence[int]], groups: Iterable[Group]) -> DepthModel:
    """A copy in which what reads ``parts`` has zero weights for them: the same maps as without them."""
    made, chosen = copy_of(model), [group for group in groups if len(parts.get(group.name, ()))]
    for group in chosen:
        gone = torch.as_tensor(parts[group.name], dtype=torch.int64)
        for each in group.readers:
            module = made.get_submodule(each.path)
            for name, dim in sides_of(module, IN):
                module.get_parameter(name).data.index_fill_(dim, each.places[gone].flatten(), 0.0)
    return made
