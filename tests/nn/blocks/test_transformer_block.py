"""The transformer block against timm's, and with every attention."""

from functools import partial

import torch
from torch import nn

from hondo.models.base.torchvision_guard import import_timm
from hondo.nn.blocks.transformer_block import PostNormBlock, TransformerBlock


def test_computes_what_timm_does() -> None:
    torch.manual_seed(0)
    theirs = import_timm().models.vision_transformer.Block(
        32, 4, qkv_bias=True, init_values=0.3, norm_layer=partial(torch.nn.LayerNorm, eps=1e-6)
    )
    ours = TransformerBlock(dim=32, num_heads=4, layer_scale=0.5)
    ours.load_state_dict(theirs.state_dict())
    tokens = torch.randn(2, 13, 32)
    with torch.no_grad():
        assert torch.allclose(ours(tokens, (3, 4)), theirs(tokens), atol=1e-5)


def test_without_layer_scale_there_is_none() -> None:
    block = TransformerBlock(dim=32, num_heads=4, mlp_ratio=2)
    assert not [key for key in block.state_dict() if key.startswith("ls")]
    assert block.mlp.fc1.out_features == 64


def test_attention_by_name() -> None:
    torch.manual_seed(0)
    block, tokens = TransformerBlock(dim=32, num_heads=2, attention="performer"), torch.randn(1, 13, 32)
    block(tokens, (3, 4)).sum().backward()
    assert block.attn.to_q.weight.grad.abs().max() > 0


def test_it_computes_what_torchs_encoder_layer_computes() -> None:
    torch.manual_seed(0)
    theirs = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    ours = PostNormBlock(dim=8, num_heads=2, hidden=16).eval()
    state = theirs.state_dict()
    names = {"self_attn.in_proj_": "attention.qkv.", "self_attn.out_proj.": "attention.proj."}
    for old, new in names.items():
        state = {key.replace(old, new): tensor for key, tensor in state.items()}
    ours.load_state_dict(state)
    tokens = torch.rand(3, 7, 8)
    assert torch.allclose(ours(tokens, (1, 7)), theirs(tokens), atol=1e-6)


def test_dropout_acts_in_training_only() -> None:
    block = PostNormBlock(dim=8, num_heads=2, hidden=16, dropout=0.5)
    tokens = torch.rand(1, 7, 8)
    assert not torch.equal(block(tokens, (1, 7)), block(tokens, (1, 7)))
    assert torch.equal(block.eval()(tokens, (1, 7)), block(tokens, (1, 7)))
