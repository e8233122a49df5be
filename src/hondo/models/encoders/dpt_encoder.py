"""Encoders of DPT by name: hybrids of CNN and transformer, plain vision transformers, and timm's others."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError, unknown
from hondo.core.types import Size
from hondo.models.encoders.embed import CNNEmbed, EfficientNetEmbed, PatchEmbed, ResNetEmbed
from hondo.models.encoders.encoder import Encoder, Pretrained
from hondo.models.encoders.registry import build_encoder
from hondo.models.encoders.timm_features import fetched, is_timm_name, timm_encoder, timm_names
from hondo.models.encoders.timm_vit import vit_depth, vit_facts
from hondo.models.encoders.vit import ViT, ViTFacts, ViTUse

HYBRIDS = {"resnet50": ResNetEmbed, "efficientnet_b0": EfficientNetEmbed}
HYBRID_FACTS = ViTFacts(dim=768, patch=16, depth=12, num_heads=12, grid_hw=(24, 24))  # ViT-B/16 at 384x384
SMALL_VIT = "vit_small_patch16_224"
HYBRID_MAPS = (0, 1)  # stages of the CNN that are read beside the transformer, counted from 1/4 of the size
_HYBRID_WEIGHTS = "vit_base_r50_s16_384"


def dpt_encoder(name: str, use: ViTUse, *, pretrained: Pretrained = False, size_hw: Size) -> Encoder:
    """``name``: of HYBRIDS, of timm with or without "timm:", or CNN+ViT, two names of timm. Always four maps."""
    name = name.removeprefix("timm:")
    if "+" in name:
        cnn, _, vit = name.partition("+")
        return _any_hybrid(cnn, vit, use, pretrained=pretrained)
    if name in HYBRIDS:
        return _hybrid(name, use, pretrained=pretrained)
    if not is_timm_name(name):
        raise unknown("encoder", name, [*HYBRIDS, *timm_names()])
    facts, depth = vit_facts(name), vit_depth(name)
    if depth is None:
        return _pyramid(name, use, pretrained=pretrained, size_hw=size_hw)
    hooks = checked_hooks(use.hooks or evenly(depth), depth=depth, count=4, encoder=name)
    if facts is None:
        _only_softmax(name, use)
        return timm_encoder(name, pretrained=pretrained, size_hw=size_hw, out_indices=hooks)
    encoder = ViT(PatchEmbed(dim=facts.dim, patch=facts.patch), facts, replace(use, hooks=hooks))
    return _with_timm_weights(encoder, name, pretrained=pretrained) if pretrained else encoder


def evenly(depth: int) -> tuple[int, ...]:
    """The blocks at a quarter, a half, three quarters and the end: 2, 5, 8, 11 of 12."""
    return tuple(depth * quarter // 4 - 1 for quarter in (1, 2, 3, 4))


def checked_hooks(hooks: Sequence[int], *, depth: int, count: int, encoder: str) -> tuple[int, ...]:
    """The hooks as integers; refuses any but ``count`` rising block indices below ``depth``."""
    rising = all(earlier < later for earlier, later in pairwise(hooks))
    if len(hooks) != count or not rising or hooks[0] < 0 or hooks[-1] >= depth:
        given = ",".join(str(hook) for hook in hooks)
        raise HondoError(f"hooks of encoder '{encoder}' are {count} rising block indices below {depth}, got {given}")
    return tuple(int(hook) for hook in hooks)


def _hybrid(name: str, use: ViTUse, *, pretrained: Pretrained) -> ViT:
    hooks = _hybrid_hooks(use, depth=HYBRID_FACTS.depth, encoder=name)
    encoder = ViT(HYBRIDS[name](dim=HYBRID_FACTS.dim), HYBRID_FACTS, replace(use, hooks=hooks))
    if not pretrained:
        return encoder
    if name == "efficientnet_b0":
        backbone = fetched(name, pretrained=pretrained, num_classes=0, global_pool="")
        encoder.get_submodule("patch_embed.backbone").load_state_dict(backbone.state_dict())
    return _with_timm_weights(encoder, _HYBRID_WEIGHTS, pretrained=pretrained)


def _hybrid_hooks(use: ViTUse, *, depth: int, encoder: str) -> tuple[int, ...]:
    hooks = tuple(use.hooks or evenly(depth)[2:])
    if len(hooks) == 4 and hooks[:2] == HYBRID_MAPS:
        hooks = hooks[2:]
    return checked_hooks(hooks, depth=depth, count=2, encoder=encoder)


def _any_hybrid(cnn: str, name: str, use: ViTUse, *, pretrained: Pretrained) -> ViT:
    """A plain ViT of timm above any CNN of timm, in place of its patches."""
    cnn, name = cnn.strip(), name.strip().removeprefix("timm:")
    facts = vit_facts(name) if is_timm_name(name) else None
    if facts is None:
        raise HondoError(f"encoder '{cnn}+{name}' needs a plain vision transformer behind the +, e.g. {SMALL_VIT}")
    if not is_timm_name(cnn):
        raise unknown("encoder", cnn, timm_names())
    embed = CNNEmbed(cnn, dim=facts.dim, pretrained=pretrained)
    hooks = _hybrid_hooks(use, depth=facts.depth, encoder=f"{cnn}+{name}")
    facts = replace(facts, patch=16, mean=embed.backbone.mean, std=embed.backbone.std)
    encoder = ViT(embed, facts, replace(use, hooks=hooks))
    return _with_timm_weights(encoder, name, pretrained=pretrained) if pretrained else encoder


def _with_timm_weights(encoder: ViT, name: str, *, pretrained: Pretrained) -> ViT:
    """timm's names of tensors are ours; what does not fit (another CNN, attention or head) stays as it is."""
    own, theirs = encoder.state_dict(), fetched(name, pretrained=pretrained, num_classes=0).state_dict()
    fitting = {key: value for key, value in theirs.items() if key in own and own[key].shape == value.shape}
    encoder.load_state_dict(fitting, strict=False)
    return encoder


def _pyramid(name: str, use: ViTUse, *, pretrained: Pretrained, size_hw: Size) -> Encoder:
    """The four coarsest maps of a network without blocks to hook."""
    if use.hooks is not None:
        raise HondoError(f"encoder '{name}' is no vision transformer of one size and has no hooks; leave hooks out")
    _only_softmax(name, use)
    encoder = build_encoder(name, pretrained=pretrained, size_hw=size_hw)
    if len(encoder.strides) < 4:
        raise HondoError(f"encoder '{name}' yields {len(encoder.strides)} maps and DPT needs 4; choose another")
    return CoarsestMaps(encoder, count=4)


class CoarsestMaps(nn.Module):
    """The last maps of another encoder."""

    def __init__(self, encoder: Encoder, *, count: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.channels, self.strides = encoder.channels[-count:], encoder.strides[-count:]
        self.mean, self.std, self.is_fixed = encoder.mean, encoder.std, encoder.is_fixed

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        return self.encoder(image)[-len(self.channels) :]


def _only_softmax(name: str, use: ViTUse) -> None:
    if use.attention != "softmax" or use.num_heads is not None:
        raise HondoError(
            f"encoder '{name}' is no plain vision transformer: its attention and heads are its own; leave them out, "
            "or choose a plain ViT such as 'timm:vit_base_patch16_384'"
        )
