"""Whole residual blocks go: what remains of one is its skip connection."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.compress.compressor import Compressor, Images, Step, Tools
from hondo.compress.kept import Compressed
from hondo.compress.restructured import copy_of, recorded
from hondo.compress.traced_calls import run_once, seen
from hondo.core.errors import HondoError, unknown
from hondo.models.base.depth_model import DepthModel
from hondo.nn.factored_layers import Skip

FORM = "how many residual blocks go, and by what they are chosen, e.g. blocks=2 or blocks=2:norm"
# Classes whose output is their (first) input plus something; of timm only where nothing changes the input.
RESIDUAL = frozenset(
    {"TransformerBlock", "AttentionBlock", "Residual", "ResidualUnit", "SeparableResidual", "Inverted", "SwinBlock",
     "BasicBlock", "Bottleneck", "InvertedResidual", "UniversalInvertedResidual", "Block"}
)  # fmt: skip
Score = Callable[[DepthModel, Sequence[str], Images], Mapping[str, float]]


def drop_blocks(model: DepthModel, count: int, *, by: str = "output", tools: Tools | None = None) -> Compressed:
    """Without its ``count`` least important residual blocks, one after the other; ``by``: a name of SCORES.

    At least one block of them stays.
    """
    tools, made, dropped = tools or Tools(), copy_of(model), []
    for _ in range(count):
        paths = residual_blocks(made)
        if len(paths) < 2:
            break
        scores = SCORES[by](made, paths, tools.images)
        least = min(scores, key=scores.__getitem__)
        replace(made, least)
        dropped.append(least.removeprefix("network."))
    notes = [f"without {', '.join(dropped)}"]
    if len(dropped) < count:
        notes.append(f"{count} blocks were asked for, {len(dropped)} could go")
    return recorded(made, before=model, notes=notes)


def residual_blocks(model: DepthModel) -> list[str]:
    """Paths of the blocks whose input can pass in their place: inputs and outputs of one shape."""
    shapes: dict[str, bool] = {}

    def look(path: str, module: nn.Module, given: tuple[Any, ...], output: Tensor) -> None:
        shapes[path] = output.shape == given[0].shape

    with seen(model, look, among=lambda each: type(each).__name__ in RESIDUAL and adds_its_input(each)):
        run_once(model)
    return [path for path, same in shapes.items() if same]


def adds_its_input(block: nn.Module) -> bool:
    """Whether the skip connection is the plain input."""
    stated = [getattr(block, name) for name in ("adds", "has_skip") if hasattr(block, name)]
    changes = any(getattr(block, name, None) is not None for name in ("downsample", "shortcut"))
    return all(stated) and not changes


def replace(model: nn.Module, path: str) -> None:
    """The block's input in its place."""
    parent, _, name = path.rpartition(".")
    setattr(model.get_submodule(parent), name, Skip())


def by_output(model: DepthModel, paths: Sequence[str], images: Images) -> Mapping[str, float]:
    """Mean change of the logarithm of depth without each block, summed over the images."""
    if not images:
        raise HondoError(
            "blocks are chosen by what depth loses without them: give calibration images, or blocks=2:norm",
            field="calibration",
        )
    scores = {}
    with torch.no_grad():
        whole = [_log(model, image) for image in images]
        for path in paths:
            smaller = copy_of(model)
            replace(smaller, path)
            changes = [_log(smaller, image) - log for image, log in zip(images, whole, strict=True)]
            scores[path] = sum(float(each.abs().mean()) for each in changes)
    return scores


def _log(model: DepthModel, image: Float[Tensor, "1 3 h w"]) -> Float[Tensor, "1 1 h w"]:
    return model(image.to(next(model.parameters()).device))[0].clamp(min=1e-6).log()


def by_norm(model: DepthModel, paths: Sequence[str], images: Images) -> Mapping[str, float]:
    """Root mean square of the weights of each block."""
    return {path: _root_mean_square(model.get_submodule(path)) for path in paths}


def _root_mean_square(block: nn.Module) -> float:
    weights = [each.detach().square() for each in block.parameters() if each.ndim > 1]
    return float(sum(each.sum() for each in weights) / max(1, sum(each.numel() for each in weights))) ** 0.5


SCORES: dict[str, Score] = {"output": by_output, "norm": by_norm}


def _apply(model: DepthModel, step: Step) -> Compressed:
    by = step.words[0] if step.words else "output"
    if not step.value.isdecimal() or int(step.value) < 1:
        raise step.wrong(FORM)
    if by not in SCORES:
        raise unknown("choice of blocks", by, SCORES)
    return drop_blocks(model, int(step.value), by=by, tools=step.tools)


BLOCKS = Compressor(
    summary="without the residual blocks that depth needs least (output), or those of the smallest weights (norm)",
    example="blocks=2 or blocks=2:norm",
    apply=_apply,
    applies=lambda model: len(residual_blocks(model)) > 1,
    words=tuple(SCORES),
)
