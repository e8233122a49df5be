"""Files of Hugging Face `transformers` hold the authors' tensors under other names, queries, keys and values apart."""

import re

import pytest
import torch
from torch import Tensor

from hondo.models.published.huggingface_names import authors_names

LEVELS = range(4)


def vit(prefix: str, *, is_v5: bool, is_dino: bool) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Key of the port -> key of the authors, and a shape."""
    ours = "pretrained." if is_dino else "pretrained.model."
    block, to = f"{prefix}encoder.layer.1.", f"{ours}blocks.1."
    output = "attention.o_proj" if is_v5 else "attention.output.dense"
    names = {
        f"{prefix}embeddings.cls_token": (f"{ours}cls_token", (1, 1, 6)),
        f"{prefix}embeddings.position_embeddings": (f"{ours}pos_embed", (1, 5, 6)),
        f"{prefix}embeddings.patch_embeddings.projection.weight": (f"{ours}patch_embed.proj.weight", (6, 3, 2, 2)),
        f"{block}{output}.weight": (f"{to}attn.proj.weight", (6, 6)),
        f"{prefix}layernorm.bias": (f"{ours}norm.bias", (6,)),
    }
    if is_dino:
        return names | {
            f"{block}norm1.weight": (f"{to}norm1.weight", (6,)),
            f"{block}layer_scale2.lambda1": (f"{to}ls2.gamma", (6,)),
            f"{block}mlp.fc1.bias": (f"{to}mlp.fc1.bias", (9,)),
        }
    return names | {
        f"{block}layernorm_after.bias": (f"{to}norm2.bias", (6,)),
        f"{block}intermediate.dense.bias": (f"{to}mlp.fc1.bias", (9,)),
        f"{block}output.dense.weight": (f"{to}mlp.fc2.weight", (6, 9)),
    }


def neck(head: str) -> dict[str, tuple[str, tuple[int, ...]]]:
    names = {f"neck.convs.{i}.weight": (f"{head}scratch.layer{i + 1}_rn.weight", (4, 2 + i, 3, 3)) for i in LEVELS}
    for place in LEVELS:  # counted from the coarsest
        theirs, ours = f"neck.fusion_stage.layers.{place}.", f"{head}scratch.refinenet{4 - place}."
        names[f"{theirs}projection.bias"] = (f"{ours}out_conv.bias", (4,))
        names[f"{theirs}residual_layer2.convolution1.weight"] = (f"{ours}resConfUnit2.conv1.weight", (4, 4, 3, 3))
    return names


DEPTH_ANYTHING = {
    "neck.reassemble_stage.layers.1.projection.weight": ("depth_head.projects.1.weight", (3, 6, 1, 1)),
    "neck.reassemble_stage.layers.0.resize.bias": ("depth_head.resize_layers.0.bias", (2,)),
    "head.conv1.weight": ("depth_head.scratch.output_conv1.weight", (2, 4, 3, 3)),
    "head.conv3.bias": ("depth_head.scratch.output_conv2.2.bias", (1,)),
    **neck("depth_head."),
}
DPT = {
    "neck.reassemble_stage.readout_projects.2.0.weight": ("pretrained.act_postprocess3.0.project.0.weight", (6, 12)),
    "neck.reassemble_stage.layers.3.resize.weight": ("pretrained.act_postprocess4.4.weight", (6, 6, 3, 3)),
    "dpt.embeddings.backbone.bit.encoder.stages.1.layers.2.norm3.weight": (
        "pretrained.model.patch_embed.backbone.stages.1.blocks.2.norm3.weight",
        (5,),
    ),
    "head.head.4.weight": ("scratch.output_conv.4.weight", (1, 2, 1, 1)),
    **neck(""),
}
GLPN = {
    "glpn.encoder.patch_embeddings.2.layer_norm.weight": ("encoder.patch_embed3.norm.weight", (6,)),
    "glpn.encoder.block.1.3.attention.self.query.weight": ("encoder.block2.3.attn.q.weight", (6, 6)),
    "glpn.encoder.block.1.3.attention.self.layer_norm.bias": ("encoder.block2.3.attn.norm.bias", (6,)),
    "glpn.encoder.block.1.3.mlp.dwconv.dwconv.weight": ("encoder.block2.3.mlp.dwconv.dwconv.weight", (9, 1, 3, 3)),
    "glpn.encoder.layer_norm.0.weight": ("encoder.norm1.weight", (6,)),
    "decoder.stages.0.convolution.bias": ("decoder.bot_conv.bias", (4,)),
    "decoder.stages.2.convolution.bias": ("decoder.skip_conv2.bias", (4,)),
    "decoder.stages.3.fusion.convolutional_layer1.0.weight": ("decoder.fusion3.conv1.0.weight", (4, 8, 3, 3)),
    "head.head.2.bias": ("last_layer_depth.2.bias", (1,)),
}
PORTS = {
    "Depth Anything, transformers 4": (vit("backbone.", is_v5=False, is_dino=True) | DEPTH_ANYTHING, False),
    "Depth Anything, transformers 5": (vit("backbone.", is_v5=True, is_dino=True) | DEPTH_ANYTHING, True),
    "DPT, transformers 4": (vit("dpt.", is_v5=False, is_dino=False) | DPT, False),
}


def made(shape: tuple[int, ...], seed: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("port", PORTS)
def test_every_tensor_gets_the_authors_name(port: str) -> None:
    names, is_v5 = PORTS[port]
    tensors = {key: made(shape, seed) for seed, (key, (_, shape)) in enumerate(names.items())}
    prefix = "backbone." if "backbone.embeddings.cls_token" in names else "dpt."
    parts = ("q_proj", "k_proj", "v_proj") if is_v5 else ("attention.query", "attention.key", "attention.value")
    apart = {f"{prefix}encoder.layer.1.attention.{part}.weight": made((6, 6), 99 + n) for n, part in enumerate(parts)}
    found = authors_names(tensors | apart)
    for key, (wanted, _) in names.items():
        assert torch.equal(found.pop(wanted), tensors[key])
    ours = "pretrained." if prefix == "backbone." else "pretrained.model."
    assert torch.equal(found.pop(f"{ours}blocks.1.attn.qkv.weight"), torch.cat(list(apart.values())))
    assert not found


def test_keys_and_values_of_glpn_are_joined_and_queries_stay() -> None:
    tensors = {key: made(shape, seed) for seed, (key, (_, shape)) in enumerate(GLPN.items())}
    key, value = made((6, 6), 50), made((6, 6), 51)
    attention = "glpn.encoder.block.1.3.attention.self."
    found = authors_names(tensors | {f"{attention}value.weight": value, f"{attention}key.weight": key})
    for theirs, (wanted, _) in GLPN.items():
        assert torch.equal(found.pop(wanted), tensors[theirs])
    assert torch.equal(found.pop("encoder.block2.3.attn.kv.weight"), torch.cat([key, value]))
    assert not found


def test_the_authors_own_names_are_left_alone() -> None:
    tensors = {"pretrained.cls_token": torch.zeros(1, 1, 2), "head.conv1.weight": torch.zeros(1)}
    assert authors_names(tensors) == tensors


def test_names_follow_the_port_where_transformers_is_installed() -> None:
    """The real port: every one of its keys is known (heads and masks aside)."""
    transformers = pytest.importorskip("transformers", reason="transformers is not installed (no extra of hondo)")
    config = transformers.GLPNConfig(depths=[1] * 4, hidden_sizes=[64, 8, 8, 8], num_attention_heads=[1] * 4)
    found = authors_names(transformers.GLPNForDepthEstimation(config).state_dict())
    assert not [key for key in found if re.match(r"glpn|head\.|decoder\.stages", key)]
