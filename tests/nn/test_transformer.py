"""The transformer block against timm's, and with every attention."""

from functools import partial

import torch

from hondo.models.torchvision_guard import import_timm
from hondo.nn.transformer import TransformerBlock


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
