"""Unstructured pruning: single weights become zero, and a file holds the others with one bit for each place.

The network keeps its layers, so that only engines with sparse kernels run it faster.
"""

from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.compress.compressor import Compressor, Step, Tools
from hondo.compress.kept import Compressed
from hondo.compress.pruning.gradients import Gradients, gradients_of
from hondo.compress.pruning.layer_solver import layer_hessian, sparsified
from hondo.compress.pruning.structured import share_of
from hondo.compress.restructured import copy_of, recorded
from hondo.compress.traced_calls import called_once_each
from hondo.core.errors import HondoError, unknown
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.packed_weights import SPARSE

FORM = (
    "a criterion and the share of zeros, e.g. sparse=magnitude:0.9; then layer (that share in every layer), rounds=5 "
    "(more zeros each round, with training in between)"
)
LEAST = 256  # weights of a layer: smaller ones stay dense
LEAST_KEPT = 0.02  # of a layer's weights
Weights = Mapping[str, Float[Tensor, "..."]]  # by name; scores too
Score = Callable[[DepthModel, Weights, Tools], Weights]


def sparsify(
    model: DepthModel,
    share: float,
    *,
    by: str = "magnitude",
    per_layer: bool = False,
    rounds: int = 1,
    tools: Tools | None = None,
) -> Compressed:
    """With ``share`` of the weights of matrices and kernels zero: the least important by a name of SCORES, or "obs".

    ``per_layer``: that share in every layer. ``rounds``: iteratively, each round with more zeros (Zhu and Gupta 2017,
    equation 1), followed by ``tools.retrain`` (Han et al. 2015). "obs" solves for the other weights, layer by layer.
    """
    tools, made, capped = tools or Tools(), copy_of(model), set()
    if not sparse_weights(made):
        raise HondoError(f"model '{model.name}' has no layer of {LEAST} weights or more")
    for number in range(1, rounds + 1):
        now = share * (1 - (1 - number / rounds) ** 3)
        capped |= solve_layers(made, now, tools) if by == "obs" else set_zeros(made, now, by, per_layer, tools)
        made.packing |= dict.fromkeys(sparse_weights(made), SPARSE)
        if tools.retrain is not None and rounds > 1:
            made = tools.retrain(made)
            tools.on_progress(f"sparse, round {number} of {rounds}: {zeros_in(made):.0%} zeros")
    notes = [f"{zeros_in(made):.1%} of the weights of matrices and kernels are zero, by {by}"]
    if capped:
        notes.append(f"no layer is emptied: {len(capped)} kept {LEAST_KEPT:.0%} of their weights")
    return recorded(made, before=model, notes=notes)


def sparse_weights(model: DepthModel) -> dict[str, Float[Tensor, "..."]]:
    """The weights that may become zero: of convolutions and linear layers that are not tiny."""
    layers = ((path, each) for path, each in model.named_modules() if isinstance(each, nn.Conv2d | nn.Linear))
    weights = {f"{path}.weight": each.get_parameter("weight").detach() for path, each in layers}
    return {name: each for name, each in weights.items() if each.numel() >= LEAST}


def zeros_in(model: DepthModel) -> float:
    """The share of zeros in ``sparse_weights``."""
    weights = sparse_weights(model).values()
    return 1 - sum(int(each.count_nonzero()) for each in weights) / max(1, sum(each.numel() for each in weights))


def set_zeros(model: DepthModel, share: float, by: str, per_layer: bool, tools: Tools) -> set[str]:
    """Makes the least important weights zero in place; returns the layers that were to be emptied and were not."""
    weights, capped = sparse_weights(model), set()
    scores = SCORES[by](model, weights, tools)
    scores = {name: without_ties(scores[name], weight) for name, weight in weights.items()}
    every = torch.cat([each.flatten() for each in scores.values()])
    level = float(every.kthvalue(max(1, round(share * every.numel()))).values)
    for name, weight in weights.items():
        asked = round(share * weight.numel()) if per_layer else int((scores[name] <= level).sum())
        count = min(asked, int((1 - LEAST_KEPT) * weight.numel()))
        capped |= {name} if count < asked else set()
        goes = torch.zeros(weight.numel(), dtype=torch.bool, device=weight.device)
        goes[scores[name].flatten().topk(count, largest=False).indices] = True
        weight.masked_fill_(goes.view(weight.shape), 0.0)
    return capped


def without_ties(scores: Float[Tensor, "*s"], weight: Float[Tensor, "*s"]) -> Float[Tensor, "*s"]:
    """Where scores are equal (no gradient), smaller weights count less; zeros are the least of all."""
    slope = 1e-6 * scores.abs().mean().clamp(min=1e-30) / weight.abs().mean().clamp(min=1e-30)
    return (scores + slope * weight.abs()).masked_fill(weight == 0, -torch.inf)


def solve_layers(model: DepthModel, share: float, tools: Tools) -> set[str]:
    """The OBS solver on every plain layer in place, each on what the layers before it give now."""
    if not tools.images:
        raise HondoError("'obs' solves on the inputs of layers: give calibration images", field="calibration")
    called = called_once_each(model)
    for name, weight in sparse_weights(model).items():
        path = name.removesuffix(".weight")
        module = model.get_submodule(path)
        if (
            path not in called
            or getattr(module, "groups", 1) != 1
            or not torch.equal(module.get_parameter("weight"), weight)
        ):
            continue
        solved = sparsified(weight.flatten(1).cpu(), layer_hessian(model, path, tools.images), sparsity=share)
        weight.copy_(solved.view(weight.shape))
    return set()


def by_magnitude(model: DepthModel, weights: Weights, tools: Tools) -> Weights:
    """|w| (Han et al. 2015)."""
    return {name: each.abs() for name, each in weights.items()}


def by_taylor(model: DepthModel, weights: Weights, tools: Tools) -> Weights:
    """Mean of (gradient w)^2 over images (Molchanov et al. 2019, equation 8)."""
    squares = _mean_squares(model, weights, tools)
    return {name: squares[name] * each.square() for name, each in weights.items()}


def by_obd(model: DepthModel, weights: Weights, tools: Tools) -> Weights:
    """h w^2 / 2 with the diagonal of the Gauss-Newton matrix, smoothed over each layer (LeCun et al. 1990)."""
    squares = _mean_squares(model, weights, tools)
    smooth = {name: (each + each.mean()) / 2 for name, each in squares.items()}  # few images: a noisy diagonal
    return {name: smooth[name] * each.square() / 2 for name, each in weights.items()}


def _mean_squares(model: DepthModel, weights: Weights, tools: Tools) -> dict[str, Tensor]:
    if not tools.images:
        raise HondoError("taylor and obd look at gradients: give calibration images", field="calibration")
    total = {name: torch.zeros_like(each) for name, each in weights.items()}

    def add(gradients: Gradients) -> None:
        for name in total.keys() & gradients.keys():
            total[name] += gradients[name].square()

    count = gradients_of(model, tools, add)
    return {name: each / count for name, each in total.items()}


def by_movement(model: DepthModel, weights: Weights, tools: Tools) -> Weights:
    """How far training moves a weight away from zero (Sanh et al. 2020, equation 4)."""
    if tools.retrain is None:
        raise HondoError("'movement' scores how training moves weights: give a recipe to train by", field="finetune")
    trained = dict(tools.retrain(model).named_parameters())
    return {name: (trained[name].detach().to(each).square() - each.square()) / 2 for name, each in weights.items()}


SCORES: dict[str, Score] = {
    "magnitude": by_magnitude,
    "taylor": by_taylor,
    "obd": by_obd,
    "movement": by_movement,
}


def _apply(model: DepthModel, step: Step) -> Compressed:
    if step.value not in (*SCORES, "obs"):
        raise unknown("pruning criterion", step.value, (*SCORES, "obs"))
    return sparsify(
        model, share_of(step, FORM), by=step.value, per_layer=step.setting("layer") is not None,
        rounds=step.count("rounds", FORM, default=1), tools=step.tools,
    )  # fmt: skip


SPARSE_STEP = Compressor(
    summary=f"this share of the weights zero; by {', '.join(SCORES)} or obs; the file holds the others",
    example="sparse=magnitude:0.9 or sparse=obs:0.5",
    apply=_apply,
    applies=lambda model: bool(sparse_weights(model)),
    words=("layer", "rounds"),
    takes_number=True,
)
