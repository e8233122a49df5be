"""Fewer attention heads: the same width in wider heads, or the most important heads alone."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from hondo.compress.compressor import Compressor, Images, Step
from hondo.compress.kept import Compressed
from hondo.compress.surgery.head_importance import IMPORTANCE, head_scores
from hondo.compress.surgery.rebuilt import ENCODER, Attention, attentions_of, is_dpt_on_vit, prefixed, rebuilt
from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel
from hondo.nn.attention.kernels.performer import PerformerAttention
from hondo.nn.attention.softmax import SoftmaxAttention

FORM = "a number of heads, e.g. heads=1, and how heads are chosen if some are to go: heads=6:norm"


def reslice_heads(model: DepthModel, num_heads: int) -> Compressed:
    """The same weights in ``num_heads`` heads that share the width, as the thesis built its one-headed models.

    Every number stays, but queries meet keys in wider dot products. Performers have heads of a fixed width, of which
    the most important by their weights stay. Refuses a number that does not divide the width.
    """
    widths = {each.head_dim * heads_of(each) for each in _attentions(model)}
    if any(isinstance(each, PerformerAttention) for each in _attentions(model)):
        return keep_heads(model, num_heads, by="norm")
    if num_heads < 1 or any(width % num_heads for width in widths):
        raise HondoError(
            f"{num_heads} heads do not divide the {' or '.join(map(str, widths))} channels of this model's attention; "
            "choose a divisor"
        )
    head_dim = max(widths) // num_heads if model.options.get("head_dim") else None
    return rebuilt(model, {"num_heads": num_heads, "head_dim": head_dim}, notes=("the same weights in other heads",))


def keep_heads(model: DepthModel, num_heads: int, *, by: str = "norm", images: Images = ()) -> Compressed:
    """The ``num_heads`` most important heads of every block, of the width that they have.

    ``by``: of IMPORTANCE; "activation" and "gradient" need images. Needs attention with its own head width: softmax or
    performer in every block.
    """
    attentions = _attentions(model)
    if not all(isinstance(each, SoftmaxAttention | PerformerAttention) for each in attentions):
        raise HondoError(
            "single heads can go from softmax and performer attention alone; prune heads before the attention is "
            "swapped, or give the number without a rule"
        )
    fewest = min(heads_of(each) for each in attentions)
    if not 1 <= num_heads <= fewest:
        raise HondoError(f"this model has {fewest} heads in a block; keep 1 to {fewest}, got {num_heads}")
    if num_heads == fewest == max(heads_of(each) for each in attentions):
        return rebuilt(model, {})
    converted, scores = {}, head_scores(model, by=by, images=images)
    for index, (attention, score) in enumerate(zip(attentions, scores, strict=True)):
        kept = score.topk(num_heads).indices.sort().values
        converted |= prefixed_weights(f"{ENCODER}blocks.{index}.attn.", attention, kept)
    changes = {"num_heads": num_heads, "head_dim": attentions[0].head_dim}
    return rebuilt(model, changes, converted=converted, notes=(f"{num_heads} of {fewest} heads by {by}",))


def prefixed_weights(prefix: str, attention: Attention, kept: Int64[Tensor, " k"]) -> dict[str, Float[Tensor, "..."]]:
    """The weights of the kept heads: rows of the projections to queries, keys and values, columns of the last one."""
    head_dim, count = attention.head_dim, heads_of(attention)
    rows = (kept[:, None] * head_dim + torch.arange(head_dim)).flatten()
    weights = {}
    for name, tensor in prefixed(prefix, attention).items():
        part = name.removeprefix(prefix)
        if part == "proj.weight":
            weights[name] = tensor[:, rows]
        elif part.startswith(("qkv.", "to_")):
            stacked = tensor.unflatten(0, (-1, count * head_dim))  # (q k v) one above the other
            weights[name] = stacked[:, rows].flatten(0, 1)
    return weights


def heads_of(attention: Attention) -> int:
    """The heads of an attention, from the width of what they give to the last projection."""
    return attention.get_submodule("proj").in_features // attention.head_dim


def _attentions(model: DepthModel) -> list[Attention]:
    attentions = attentions_of(model)
    if not all(hasattr(each, "head_dim") for each in attentions):
        raise HondoError("this model's attention has no heads to change; swap it first, e.g. attention=softmax")
    return attentions


def _apply(model: DepthModel, step: Step) -> Compressed:
    numbers = step.numbers(FORM)
    if len(numbers) != 1:
        raise step.wrong(FORM)
    if not step.words:
        return reslice_heads(model, numbers[0])
    return keep_heads(model, numbers[0], by=step.words[0], images=step.images)


HEADS = Compressor(
    summary="fewer attention heads: the weights in wider ones, or the most important ones (norm, activation, gradient)",
    example="heads=1 or heads=6:norm",
    apply=_apply,
    applies=is_dpt_on_vit,
    words=tuple(IMPORTANCE),
)
