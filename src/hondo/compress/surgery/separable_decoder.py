"""The decoder's 3x3 convolutions as depthwise and 1x1 ones, the closest that there are to what they were."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.compress.compressor import Compressor, Step
from hondo.compress.kept import Compressed
from hondo.compress.surgery.decoder_width import layers_of
from hondo.compress.surgery.rebuilt import DECODER, decoder_of, is_dpt, rebuilt
from hondo.models.base.depth_model import DepthModel


def separate_decoder(model: DepthModel) -> Compressed:
    """Every 3x3 convolution of the decoder's fusion becomes a separable one; the report says how much it explains."""
    if model.options["separable"]:
        return rebuilt(model, {})
    decoder, converted, explained, total = decoder_of(model), {}, 0.0, 0.0
    for name in (layer.name for layer in layers_of(len(decoder.fuse))):
        conv = decoder.get_submodule(name)
        if not isinstance(conv, nn.Conv2d) or conv.kernel_size != (3, 3):
            continue
        depthwise, pointwise = factors(conv.weight.detach())
        converted |= {f"{DECODER}{name}.0.weight": depthwise, f"{DECODER}{name}.1.weight": pointwise}
        if conv.bias is not None:
            converted[f"{DECODER}{name}.1.bias"] = conv.bias.detach()
        explained += float((pointwise * depthwise.transpose(0, 1)).square().sum())
        total += float(conv.weight.detach().square().sum())
    note = f"the separable kernels hold {explained / max(total, 1e-12):.0%} of the squared weights"
    return rebuilt(model, {"separable": True}, converted=converted, notes=(note,))


def factors(weight: Float[Tensor, "o i 3 3"]) -> tuple[Float[Tensor, "i 1 3 3"], Float[Tensor, "o i 1 1"]]:
    """Depthwise and pointwise kernels whose product is closest to ``weight`` (least squares).

    Each input channel's kernels (o x 9) are a matrix of their own, whose best approximation of rank one is its first
    singular vectors (Eckart and Young 1936).
    """
    left, values, right = torch.linalg.svd(weight.float().flatten(2).transpose(0, 1), full_matrices=False)  # (i o 9)
    root = values[:, :1].sqrt()
    depthwise = (root * right[:, 0]).reshape(-1, 1, *weight.shape[2:])
    return depthwise, (root * left[:, :, 0]).t()[..., None, None]


def _apply(model: DepthModel, step: Step) -> Compressed:
    if step.value != "separable":
        raise step.wrong("decoder=separable")
    return separate_decoder(model)


DECODER_STEP = Compressor(
    summary="separable convolutions in the decoder, from the full ones by SVD",
    example="decoder=separable",
    apply=_apply,
    applies=is_dpt,
)
