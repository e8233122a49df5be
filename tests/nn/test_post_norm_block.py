"""The post-norm transformer block."""

import torch
from torch import nn

from hondo.nn.post_norm_block import PostNormBlock


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
