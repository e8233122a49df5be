"""How important each attention head is: by its weights, by what it adds on images, or by the output's gradient."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from hondo.compress.compressor import Images
from hondo.compress.surgery.rebuilt import Attention, attentions_of
from hondo.core.errors import HondoError, unknown
from hondo.models.base.depth_model import DepthModel

Scores = Float[Tensor, " heads"]  # larger is more important


def head_scores(model: DepthModel, *, by: str, images: Images = ()) -> list[Scores]:
    """The importance of every head, block by block; ``by``: of IMPORTANCE."""
    if by not in IMPORTANCE:
        raise unknown("importance of heads", by, IMPORTANCE)
    return IMPORTANCE[by](model, images)


def by_norm(model: DepthModel, images: Images) -> list[Scores]:
    """|output weights x value weights| of each head (Frobenius): what it can add at most; needs no images."""
    scores = []
    for attention in attentions_of(model):
        out = attention.proj.weight.detach().unflatten(1, (-1, attention.head_dim))  # (c heads d)
        values = attention.to_v.weight if hasattr(attention, "to_v") else attention.qkv.weight.chunk(3)[2]
        product = torch.einsum("chd,hdk->hck", out, values.detach().unflatten(0, (-1, attention.head_dim)))
        scores.append(product.flatten(1).norm(dim=1))
    return scores


def by_activation(model: DepthModel, images: Images) -> list[Scores]:
    """The mean length of what each head adds to a token, on images."""

    def added(attention: Attention, mixed: Float[Tensor, "b n _"]) -> Scores:
        out = attention.get_submodule("proj").weight.unflatten(1, (-1, attention.head_dim))  # (c heads d)
        parts = torch.einsum("bnhd,chd->bnhc", mixed.unflatten(-1, (-1, attention.head_dim)), out)
        return parts.norm(dim=-1).mean((0, 1))

    with torch.no_grad():
        return _summed(model, images, lambda mixed, attention, output: added(attention, mixed))


def by_gradient(model: DepthModel, images: Images) -> list[Scores]:
    """|change of the mean logarithm of depth if the head's gate closed|, to first order (Michel et al. 2019, eq. 2).

    Their loss needs labels; the model's own output needs none.
    """

    def gate(mixed: Float[Tensor, "b n _"], attention: Attention, output: Float[Tensor, ""]) -> Scores:
        (slope,) = torch.autograd.grad(output, mixed, retain_graph=True)
        return (slope * mixed).unflatten(-1, (-1, attention.head_dim)).sum((0, 1, 3)).abs().detach()

    return _summed(model, images, gate)


def _summed(model: DepthModel, images: Images, score: Callable[[Tensor, Attention, Tensor], Scores]) -> list[Scores]:
    """Scores from what goes into every block's last projection, and the mean log output, summed over the images."""
    if not images:
        raise HondoError(
            "heads are scored by activation or gradient on images: give calibration images", field="images"
        )
    attentions, seen = attentions_of(model), []
    hooks = [each.proj.register_forward_pre_hook(lambda module, given: seen.append(given[0])) for each in attentions]
    total: list[Scores] = []
    try:
        for image in images:
            seen.clear()
            output = model(image)[0].clamp(min=1e-6).log().mean()
            found = [score(mixed, each, output) for mixed, each in zip(seen, attentions, strict=True)]
            total = [before + now for before, now in zip(total, found, strict=True)] if total else found
    finally:
        for hook in hooks:
            hook.remove()
    return total


IMPORTANCE: dict[str, Callable[[DepthModel, Images], list[Scores]]] = {
    "norm": by_norm,
    "activation": by_activation,
    "gradient": by_gradient,
}
