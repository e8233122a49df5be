"""How important each part of each group is: CRITERIA by name, from weights, activations, gradients or training.

Larger is more important. Weight criteria are relative to the mean of their group, since layers differ in scale; losses
(taylor, obd, obs, movement) are comparable over the whole network.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.compress.compressor import Tools
from hondo.compress.pruning.gradients import Gradients, gradients_of
from hondo.compress.pruning.inputs import InputMoments, input_moments
from hondo.compress.pruning.removal import IN, Group, Slice, sides_of
from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel

Scores = dict[str, Float[Tensor, " parts"]]  # by the name of a group
RIDGE = 1e-3  # of the mean of a diagonal, added to it before it is inverted


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """``score`` rates the parts of all groups; ``is_loss``: in a unit that layers share."""

    score: Callable[[DepthModel, Sequence[Group], Tools], Scores]
    needs: str = ""  # "images" or "retrain" of the tools
    is_loss: bool = False


def score_groups(model: DepthModel, groups: Sequence[Group], *, by: str, tools: Tools) -> Scores:
    """The importance of every part, by a name of CRITERIA; refuses what lacks images or training."""
    criterion = CRITERIA[by]
    if criterion.needs == "images" and not tools.images:
        raise HondoError(f"'{by}' looks at activations or gradients: give calibration images", field="calibration")
    if criterion.needs == "retrain" and tools.retrain is None:
        raise HondoError(f"'{by}' scores how training moves weights: give a recipe to train by", field="finetune")
    scores = criterion.score(model, groups, tools)
    if criterion.is_loss:
        return scores
    return {name: each / each.mean().clamp(min=1e-30) for name, each in scores.items()}


def of_parts(values: Float[Tensor, "..."], dim: int, each: Slice) -> Float[Tensor, " parts"]:
    """The sum of a tensor's ``values`` over what belongs to each part."""
    along = values.transpose(0, dim).flatten(1).sum(1)
    return along[each.places.to(along.device)].sum(1).cpu()


def summed(
    model: nn.Module, group: Group, value: Callable[[str, Tensor], Tensor | None], *, only: str | None = None
) -> Float[Tensor, " parts"]:
    """``value(name, parameter)`` summed over the weights of each part; ``only``: of the sides named so."""
    total = torch.zeros(group.count)
    for each in group.slices:
        module = model.get_submodule(each.path)
        for name, dim in sides_of(module, each.side):
            parameter = dict(module.named_parameters(recurse=False)).get(name)
            if parameter is None or parameter.ndim < 2 or (only is not None and each.side != only):
                continue
            found = value(f"{each.path}.{name}", parameter.detach())
            if found is not None:
                total += of_parts(found, dim, each)
    return total


def by_l1(model: DepthModel, groups: Sequence[Group], tools: Tools) -> Scores:
    """Sum of the absolute weights that write and read a part (Li et al. 2017)."""
    return {group.name: summed(model, group, lambda name, weight: weight.abs()) for group in groups}


def by_l2(model: DepthModel, groups: Sequence[Group], tools: Tools) -> Scores:
    """Root of the squared weights that write and read a part."""
    return {group.name: summed(model, group, lambda name, weight: weight.square()).sqrt() for group in groups}


def by_bn_scale(model: DepthModel, groups: Sequence[Group], tools: Tools) -> Scores:
    """|gamma| of the batch norms of a part (Liu et al. 2017); the l1 norm where a group has none."""
    scores = {}
    for group in groups:
        norms = [each for each in group.slices if _gamma(model, each) is not None]
        total = sum((of_parts(_gamma(model, each).abs()[:, None], 0, each) for each in norms), torch.zeros(group.count))  # type: ignore[union-attr]
        scores[group.name] = total if norms else by_l1(model, [group], tools)[group.name]
    return scores


def _gamma(model: DepthModel, each: Slice) -> Float[Tensor, " c"] | None:
    module = model.get_submodule(each.path)
    is_norm = isinstance(module, nn.modules.batchnorm._BatchNorm) and module.affine
    return module.get_parameter("weight").detach() if is_norm else None


def by_variance(model: DepthModel, groups: Sequence[Group], tools: Tools) -> Scores:
    """Variance of the activations of a part over images and positions."""
    return _by_moments(model, groups, tools, lambda moments: moments.variance)


def by_apoz(model: DepthModel, groups: Sequence[Group], tools: Tools) -> Scores:
    """Share of a part's activations that are not zero: 1 - APoZ (Hu et al. 2016)."""
    return _by_moments(model, groups, tools, lambda moments: moments.share_nonzero)


def _by_moments(
    model: DepthModel, groups: Sequence[Group], tools: Tools, value: Callable[[InputMoments], Tensor]
) -> Scores:
    moments = input_moments(model, _readers(groups), tools.images)
    return {
        group.name: torch.stack([of_parts(value(moments[each.path])[:, None], 0, each) for each in group.readers]).mean(
            0
        )
        for group in groups
    }


def by_taylor(model: DepthModel, groups: Sequence[Group], tools: Tools) -> Scores:
    """Squared first-order change of the loss without a part, image by image (Molchanov et al. 2019, equation 8)."""
    total = {group.name: torch.zeros(group.count) for group in groups}

    def add(gradients: Gradients) -> None:
        for group in groups:
            total[group.name] += summed(model, group, lambda name, w: _times(gradients, name, w), only=IN).square()

    count = gradients_of(model, tools, add)
    return {name: each / count for name, each in total.items()}


def _times(gradients: Gradients, name: str, weight: Tensor) -> Tensor | None:
    return gradients[name] * weight if name in gradients else None


def by_obd(model: DepthModel, groups: Sequence[Group], tools: Tools) -> Scores:
    """Sum of h w^2 / 2 over the weights that read a part, h the Gauss-Newton diagonal (LeCun et al. 1990)."""
    curvature: dict[str, Tensor] = {}

    def add(gradients: Gradients) -> None:
        for name, each in gradients.items():
            curvature[name] = curvature.get(name, 0) + each.square()

    count = gradients_of(model, tools, add)

    def loss(name: str, weight: Tensor) -> Tensor | None:
        return curvature[name] * weight.square() / (2 * count) if name in curvature else None

    return {group.name: summed(model, group, loss, only=IN) for group in groups}


def by_obs(model: DepthModel, groups: Sequence[Group], tools: Tools) -> Scores:
    """Error of the layers that read a part, once the others have taken over what they can (Hassibi and Stork 1993).

    Blocks of the inverse of the inputs' second moments; relative to the energy of each layer's output.
    """
    moments = input_moments(model, _readers(groups), tools.images)
    return {
        group.name: torch.stack([_obs_error(model, each, moments[each.path]) for each in group.readers]).sum(0)
        for group in groups
    }


def _obs_error(model: DepthModel, each: Slice, moments: InputMoments) -> Float[Tensor, " parts"]:
    module = model.get_submodule(each.path)
    ((name, dim),) = sides_of(module, IN)
    by_input = module.get_parameter(name).detach().float().transpose(0, dim).flatten(1)  # (i o*k)
    inverse = torch.linalg.inv(damped(moments.second))
    energy = torch.einsum("ik,ij,jk->", by_input, moments.second, by_input).clamp(min=1e-30)
    errors = []
    for places in each.places:
        block = torch.linalg.inv(inverse[places][:, places])
        errors.append(torch.einsum("ik,ij,jk->", by_input[places], block, by_input[places]) / energy)
    return torch.stack(errors)


def damped(second: Float[Tensor, "c c"]) -> Float[Tensor, "c c"]:
    """The matrix with a ridge on its diagonal, so that it can be inverted."""
    return second + (RIDGE * second.diagonal().mean() + 1e-12) * torch.eye(len(second))


def by_movement(model: DepthModel, groups: Sequence[Group], tools: Tools) -> Scores:
    """How far training moves the weights of a part away from zero (Sanh et al. 2020): (after^2 - before^2) / 2.

    Along the path of gradient descent that is the sum of -gradient x weight, up to the learning rate.
    """
    assert tools.retrain is not None
    trained = dict(tools.retrain(model).named_parameters())

    def moved(name: str, weight: Tensor) -> Tensor:
        return (trained[name].detach().to(weight).square() - weight.square()) / 2

    return {group.name: summed(model, group, moved) for group in groups}


def _readers(groups: Sequence[Group]) -> list[str]:
    return sorted({each.path for group in groups for each in group.readers})


CRITERIA: dict[str, Criterion] = {
    "l1": Criterion(score=by_l1),
    "l2": Criterion(score=by_l2),
    "bn": Criterion(score=by_bn_scale),
    "apoz": Criterion(score=by_apoz, needs="images"),
    "variance": Criterion(score=by_variance, needs="images"),
    "taylor": Criterion(score=by_taylor, needs="images", is_loss=True),
    "obd": Criterion(score=by_obd, needs="images", is_loss=True),
    "obs": Criterion(score=by_obs, needs="images", is_loss=True),
    "movement": Criterion(score=by_movement, needs="retrain", is_loss=True),
}
