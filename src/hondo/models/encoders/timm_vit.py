"""The numbers of vision transformers that timm knows by name, so that our own ViT can be built from them."""

from functools import cache
from typing import Any

import torch
from torch import nn

from hondo.models.base.torchvision_guard import import_timm
from hondo.models.encoders.vit import ViTFacts
from hondo.nn.blocks.transformer_block import NORM_EPS


@cache
def vit_facts(name: str) -> ViTFacts | None:
    """Of timm's model ``name``; None where it is no plain ViT (other blocks or norms, rotary positions, registers)."""
    network = _on_meta(name)
    if network is None or not _is_plain(network):
        return None
    block, config = network.blocks[0], network.pretrained_cfg
    return ViTFacts(
        dim=network.embed_dim,
        patch=network.patch_embed.patch_size[0],
        depth=len(network.blocks),
        num_heads=block.attn.num_heads,
        grid_hw=tuple(network.patch_embed.grid_size),
        mlp_ratio=block.mlp.fc1.out_features / network.embed_dim,
        layer_scale=None if isinstance(block.ls1, nn.Identity) else 1e-5,
        has_class_token=network.cls_token is not None,
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
    )


@cache
def vit_depth(name: str) -> int | None:
    """How many blocks timm's model ``name`` has, where their maps share one stride; None where they do not."""
    network = _on_meta(name)
    features = getattr(network, "feature_info", None) or []
    strides = {feature["reduction"] for feature in features}
    return len(features) if len(strides) == 1 else None


def _on_meta(name: str) -> Any | None:
    timm = import_timm()
    if not timm.is_model(name.partition(".")[0]):
        return None
    with torch.device("meta"):
        return timm.create_model(name)


def _is_plain(network: Any) -> bool:
    """Whether our ViT computes what this one does: by the types, settings and names of its parts."""
    timm = import_timm()
    vit = timm.models.vision_transformer
    if type(network) is not vit.VisionTransformer or type(network.patch_embed) is not timm.layers.PatchEmbed:
        return False
    block, embed = network.blocks[0], network.patch_embed
    tokens = embed.num_patches + network.num_prefix_tokens
    keys = {key.rpartition(".")[0] for key in block.state_dict()} - {"ls1", "ls2"}
    return (
        keys == {"norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2"}
        and {type(each) for each in network.blocks} == {vit.Block}
        and isinstance(block.norm1, nn.LayerNorm)
        and block.norm1.eps == NORM_EPS
        and isinstance(block.mlp.act, nn.GELU)
        and block.mlp.act.approximate == "none"
        and block.attn.qkv.bias is not None
        and isinstance(network.norm_pre, nn.Identity)
        and isinstance(embed.norm, nn.Identity)
        and network.num_prefix_tokens == (network.cls_token is not None)
        and network.pos_embed is not None
        and network.pos_embed.shape[1] == tokens
    )
