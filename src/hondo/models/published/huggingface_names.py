"""Hugging Face `transformers` names of Depth Anything, DPT and GLPN, turned into the names of the authors' files."""

import re
from collections.abc import Mapping

import torch
from jaxtyping import Shaped
from torch import Tensor

from hondo.models.published.published import Rules, renamed

_LEVELS = range(4)


def _neck_rules(*, head: str) -> Rules:
    """The decoder that DPT and Depth Anything share; `transformers` counts fusion layers from the coarsest."""
    return (
        *((rf"neck\.convs\.{i}\.weight", rf"{head}scratch.layer{i + 1}_rn.weight") for i in _LEVELS),
        *(
            rule
            for i in _LEVELS
            for rule in (
                (
                    rf"neck\.fusion_stage\.layers\.{3 - i}\.projection\.(\w+)",
                    rf"{head}scratch.refinenet{i + 1}.out_conv.\1",
                ),
                (
                    rf"neck\.fusion_stage\.layers\.{3 - i}\.residual_layer(\d)\.convolution(\d)\.(\w+)",
                    rf"{head}scratch.refinenet{i + 1}.resConfUnit\1.conv\2.\3",
                ),
            )
        ),
    )


def _vit_rules(theirs: str, ours: str) -> Rules:
    """A ViT's blocks after its queries, keys and values were joined; covers the names of `transformers` 4 and 5."""
    block, to = rf"{theirs}encoder\.layer\.(\d+)\.", rf"{ours}blocks.\1."
    return (
        (rf"{theirs}embeddings\.(cls_token|mask_token)", rf"{ours}\1"),
        (rf"{theirs}embeddings\.position_embeddings", rf"{ours}pos_embed"),
        (rf"{theirs}embeddings\.patch_embeddings\.projection\.(\w+)", rf"{ours}patch_embed.proj.\1"),
        (rf"{block}(?:norm1|layernorm_before)\.(\w+)", rf"{to}norm1.\2"),
        (rf"{block}(?:norm2|layernorm_after)\.(\w+)", rf"{to}norm2.\2"),
        (rf"{block}attention\.qkv\.(\w+)", rf"{to}attn.qkv.\2"),
        (rf"{block}attention\.(?:output\.dense|o_proj)\.(\w+)", rf"{to}attn.proj.\2"),
        (rf"{block}layer_scale(\d)\.lambda1", rf"{to}ls\2.gamma"),
        (rf"{block}mlp\.(fc\d)\.(\w+)", rf"{to}mlp.\2.\3"),
        (rf"{block}intermediate\.dense\.(\w+)", rf"{to}mlp.fc1.\2"),
        (rf"{block}output\.dense\.(\w+)", rf"{to}mlp.fc2.\2"),
        (rf"{theirs}layernorm\.(\w+)", rf"{ours}norm.\1"),
    )


_DEPTH_ANYTHING: Rules = (
    *_vit_rules(r"backbone\.", "pretrained."),
    (r"neck\.reassemble_stage\.layers\.(\d)\.projection\.(\w+)", r"depth_head.projects.\1.\2"),
    (r"neck\.reassemble_stage\.layers\.(\d)\.resize\.(\w+)", r"depth_head.resize_layers.\1.\2"),
    *_neck_rules(head="depth_head."),
    (r"head\.conv1\.(\w+)", r"depth_head.scratch.output_conv1.\1"),
    (r"head\.conv2\.(\w+)", r"depth_head.scratch.output_conv2.0.\1"),
    (r"head\.conv3\.(\w+)", r"depth_head.scratch.output_conv2.2.\1"),
)
_RESNET = r"dpt\.embeddings\.backbone\.bit\."
_DPT: Rules = (
    *_vit_rules(r"dpt\.", "pretrained.model."),
    (rf"{_RESNET}embedder\.convolution\.(\w+)", r"pretrained.model.patch_embed.backbone.stem.conv.\1"),
    (rf"{_RESNET}embedder\.norm\.(\w+)", r"pretrained.model.patch_embed.backbone.stem.norm.\1"),
    (
        rf"{_RESNET}encoder\.stages\.(\d)\.layers\.(\d+)\.(.+)",
        r"pretrained.model.patch_embed.backbone.stages.\1.blocks.\2.\3",
    ),
    (r"dpt\.embeddings\.projection\.(\w+)", r"pretrained.model.patch_embed.proj.\1"),
    *(
        rule
        for i in _LEVELS
        for rule in (
            (
                rf"neck\.reassemble_stage\.readout_projects\.{i}\.0\.(\w+)",
                rf"pretrained.act_postprocess{i + 1}.0.project.0.\1",
            ),
            (rf"neck\.reassemble_stage\.layers\.{i}\.projection\.(\w+)", rf"pretrained.act_postprocess{i + 1}.3.\1"),
            (rf"neck\.reassemble_stage\.layers\.{i}\.resize\.(\w+)", rf"pretrained.act_postprocess{i + 1}.4.\1"),
        )
    ),
    *_neck_rules(head=""),
    (r"head\.head\.(\d)\.(\w+)", r"scratch.output_conv.\1.\2"),
)
_GLPN: Rules = (
    *((rf"glpn\.encoder\.patch_embeddings\.{i}\.proj\.(\w+)", rf"encoder.patch_embed{i + 1}.proj.\1") for i in _LEVELS),
    *(
        (rf"glpn\.encoder\.patch_embeddings\.{i}\.layer_norm\.(\w+)", rf"encoder.patch_embed{i + 1}.norm.\1")
        for i in _LEVELS
    ),
    *(
        (rf"glpn\.encoder\.block\.{i}\.(\d+)\.{theirs}\.(\w+)", rf"encoder.block{i + 1}.\1.{authors}.\2")
        for i in _LEVELS
        for theirs, authors in (
            (r"layer_norm_1", "norm1"),
            (r"layer_norm_2", "norm2"),
            (r"attention\.self\.query", "attn.q"),
            (r"attention\.self\.kv", "attn.kv"),
            (r"attention\.self\.sr", "attn.sr"),
            (r"attention\.self\.layer_norm", "attn.norm"),
            (r"attention\.output\.dense", "attn.proj"),
            (r"mlp\.dense1", "mlp.fc1"),
            (r"mlp\.dense2", "mlp.fc2"),
            (r"mlp\.dwconv\.dwconv", "mlp.dwconv.dwconv"),
        )
    ),
    *((rf"glpn\.encoder\.layer_norm\.{i}\.(\w+)", rf"encoder.norm{i + 1}.\1") for i in _LEVELS),
    (r"decoder\.stages\.0\.convolution\.(\w+)", r"decoder.bot_conv.\1"),
    (r"decoder\.stages\.([12])\.convolution\.(\w+)", r"decoder.skip_conv\1.\2"),
    (r"decoder\.stages\.(\d)\.fusion\.convolutional_layer(\d)\.(.+)", r"decoder.fusion\1.conv\2.\3"),
    (r"head\.head\.(\d)\.(\w+)", r"last_layer_depth.\1.\2"),
)

# A key that only this port has, its rules, and the projections that the authors keep as one matrix.
_PORTS = (
    ("backbone.embeddings.cls_token", _DEPTH_ANYTHING, ("query", "key", "value")),
    ("dpt.embeddings.cls_token", _DPT, ("query", "key", "value")),
    ("glpn.encoder.layer_norm.0.weight", _GLPN, ("key", "value")),
)
_PART = re.compile(r"(.+?\.attention\.)(?:attention\.|self\.)?(?:(query|key|value)|([qkv])_proj)\.(weight|bias)")
_SHORT = {"q": "query", "k": "key", "v": "value"}


def authors_names(tensors: Mapping[str, Shaped[Tensor, "..."]]) -> dict[str, Shaped[Tensor, "..."]]:
    """The tensors by the authors' keys; those of no known port of `transformers` as they are."""
    for mark, rules, parts in _PORTS:
        if mark in tensors:
            return renamed(_joined(tensors, parts), rules)
    return dict(tensors)


def _joined(tensors: Mapping[str, Shaped[Tensor, "..."]], parts: tuple[str, ...]) -> dict[str, Shaped[Tensor, "..."]]:
    """``parts`` of every attention as one matrix, in this order; an attention that lacks one keeps what it has."""
    joined, found = {}, {}
    for key, tensor in tensors.items():
        match = _PART.fullmatch(key)
        part = match and (match[2] or _SHORT[match[3]])
        if match and part in parts:
            found.setdefault((match[1], match[4]), {})[part] = (key, tensor)
        else:
            joined[key] = tensor
    for (attention, leaf), by_part in found.items():
        if by_part.keys() != set(parts):
            joined |= dict(by_part.values())
            continue
        name = "qkv" if len(parts) == 3 else "self.kv"
        joined[f"{attention}{name}.{leaf}"] = torch.cat([by_part[part][1] for part in parts])
    return joined
