"""Finds what can go together: channels by the dependency graph of torch-pruning, heads of attention, hidden channels.

The graph follows residual connections, concatenations and depthwise convolutions. What it does not know (attention,
position embeddings, layer norms, shuffles of pixels) is left as wide as it is, and heads are groups of our own. Each
group is proven: the network without some of its parts must give what it gives when nothing reads them.
"""

import warnings
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import torch
from torch import nn

from hondo.compress.pruning.removal import IN, OUT, Group, Slice, is_depthwise, masked, removed, sides_of
from hondo.compress.traced_calls import small_image
from hondo.core.errors import MissingExtraError
from hondo.models.base.depth_model import DepthModel

TOLERANCE = 1e-3  # of the largest change of a map that rounding may cause, relative to its largest value
# Of attention: what projects to queries, keys and values one above the other, and what projects back.
PROJECTIONS, BACK = {"qkv": 3, "kv": 2, "qv": 2, "q": 1}, ("proj", "project")


def find_groups(model: DepthModel) -> tuple[Group, ...]:
    """Every group of the model whose removal was proven on a grey image, in the order of the network."""
    found = [*channel_groups(model), *head_groups(model)]
    halves = {group.name: tuple(range(group.count // 2)) for group in found}
    if is_proven(model, halves, found):
        return tuple(found)
    return tuple(group for group in found if is_proven(model, {group.name: halves[group.name]}, [group]))


def is_proven(model: DepthModel, parts: dict[str, tuple[int, ...]], groups: Sequence[Group]) -> bool:
    """Whether the network without ``parts`` runs, and gives the map it gives when nothing reads them."""
    image = small_image(model)
    with torch.no_grad():
        try:
            smaller = removed(model, parts, groups)(image)[0]
        except (RuntimeError, ValueError, AttributeError, IndexError):
            return False
        wanted = masked(model, parts, groups)(image)[0]
    return wanted.shape == smaller.shape and bool((smaller - wanted).abs().max() <= TOLERANCE * wanted.abs().max())


def channel_groups(model: DepthModel) -> Iterator[Group]:
    """Groups of channels between convolutions and linear layers; those that reach what keeps its width are left out."""
    graph, names = dependency_graph(model), dict[nn.Module, str]()
    names |= {module: path for path, module in model.named_modules()}
    fixed = frozenset(chain.from_iterable(layers for _, *layers in attention_layers(model)))
    for found in graph.get_all_groups(ignored_layers=[], root_module_types=(nn.Conv2d, nn.Linear, nn.ConvTranspose2d)):
        group = _as_group(graph, found, names)
        if group is not None and not fixed & {each.path for each in group.slices if each.side == OUT}:
            yield group


def dependency_graph(model: DepthModel) -> Any:
    """Of torch-pruning, which is an extra."""
    try:
        import torch_pruning
    except ImportError as error:
        raise MissingExtraError("torch-pruning", extra="compress") from error
    with warnings.catch_warnings(), torch.enable_grad():
        warnings.simplefilter("ignore")
        return torch_pruning.DependencyGraph().build_dependency(model, (small_image(model),), verbose=False)


def _as_group(graph: Any, found: Any, names: dict[nn.Module, str]) -> Group | None:
    """Ours of one of torch-pruning; None where a module is of another kind, or the maps of the model are in it."""
    count, slices = len(found[0].idxs), []
    for item in found:
        module = item.dep.target.module
        if not isinstance(module, nn.Module) or type(module).__name__ == "_OutputOp":
            return None
        if module not in names:
            continue  # an operation, not a layer
        side = OUT if graph.is_out_channel_pruning_fn(item.dep.handler) else IN
        if not any(True for _ in (*module.parameters(), *module.buffers())):
            continue
        places = _by_part(item.idxs, item.root_idxs, count)
        if not sides_of(module, side) or places is None:
            return None
        side = OUT if is_depthwise(module) or isinstance(module, nn.modules.batchnorm._BatchNorm) else side
        slices.append(Slice(path=names[module], side=side, places=places))
    if count < 2 or not any(each.side == IN for each in slices):
        return None
    return Group(name=slices[0].path, count=count, slices=tuple(slices))


def _by_part(places: Sequence[int], parts: Sequence[int], count: int) -> torch.Tensor | None:
    """Positions in a row for each part (p m); None where parts have different numbers of them."""
    rows: list[list[int]] = [[] for _ in range(count)]
    for place, part in zip(places, parts, strict=True):
        rows[part].append(place)
    sizes = {len(row) for row in rows}
    return torch.tensor(rows) if len(sizes) == 1 and sizes != {0} else None


def head_groups(model: DepthModel) -> Iterator[Group]:
    """The heads of each attention that states their number: rows of its projections, columns of the one back."""
    for path, *layers in attention_layers(model):
        back = layers[-1]
        attention: Any = model.get_submodule(path)
        projection: Any = model.get_submodule(back)
        heads, inner = int(attention.num_heads), int(projection.in_features)
        if heads < 2 or inner % heads:
            continue
        rows = torch.arange(inner).view(heads, -1)
        slices = [Slice(path=back, side=IN, places=rows)]
        for layer in layers[:-1]:
            stacked = PROJECTIONS[layer.rpartition(".")[2]]
            if model.get_submodule(layer).out_features != stacked * inner:
                break
            places = torch.cat([rows + part * inner for part in range(stacked)], dim=1)
            slices.append(Slice(path=layer, side=OUT, places=places))
        else:
            yield Group(name=f"{path}.heads", count=heads, slices=tuple(slices), heads_of=path)


def attention_layers(model: nn.Module) -> Iterator[tuple[str, ...]]:
    """The path of each attention with heads, those of its projections, and that of the one back."""
    for path, module in model.named_modules():
        parts = dict(module.named_children())
        into = [name for name in PROJECTIONS if isinstance(parts.get(name), nn.Linear)]
        back = [name for name in BACK if isinstance(parts.get(name), nn.Linear)]
        if isinstance(getattr(module, "num_heads", None), int) and into and back:
            yield path, *(f"{path}.{name}" for name in into), f"{path}.{back[0]}"
