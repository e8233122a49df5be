"""Our vision transformer against timm's, its readout, and the embeddings of hybrids."""

import pytest
import torch
from torch.nn import functional as F

from hondo.models.base.torchvision_guard import import_timm
from hondo.models.encoders.embed import EfficientNetEmbed, PatchEmbed, ResNetEmbed
from hondo.models.encoders.timm_vit import vit_depth, vit_facts
from hondo.models.encoders.vit import ProjectReadout, ViT, ViTUse

NAMES = ["vit_tiny_patch16_224", "vit_small_patch14_dinov2"]


@pytest.mark.parametrize("name", NAMES)
def test_computes_what_timm_does(name: str) -> None:
    torch.manual_seed(0)
    facts = vit_facts(name)
    assert facts is not None
    use = ViTUse(hooks=(1, 2, 4), readout="ignore", is_normed=True)
    ours = ViT(PatchEmbed(dim=facts.dim, patch=facts.patch), facts, use).eval()
    theirs = import_timm().create_model(name, num_classes=0).eval()
    missing, _ = ours.load_state_dict(theirs.state_dict(), strict=False)
    assert not missing
    image = torch.rand(1, 3, facts.patch * facts.grid_hw[0], facts.patch * facts.grid_hw[1])
    with torch.no_grad():
        expected = theirs.forward_intermediates(image, indices=[1, 2, 4], norm=True, intermediates_only=True)
        for a, b in zip(ours(image), expected, strict=True):
            assert torch.allclose(a, b, atol=1e-4 * float(b.abs().max()))


def test_facts_of_timm_and_what_is_no_plain_transformer() -> None:
    facts = vit_facts("vit_large_patch16_384")
    assert facts is not None
    assert (facts.dim, facts.depth, facts.num_heads, facts.grid_hw, facts.layer_scale) == (1024, 24, 16, (24, 24), None)
    assert vit_facts("vit_base_patch16_clip_224") is None, "a norm before the blocks"
    assert vit_facts("vit_small_patch14_reg4_dinov2") is None, "registers"
    assert vit_facts("no-such-model") is None
    assert vit_depth("vit_small_patch14_reg4_dinov2") == 12 and vit_depth("resnet18") is None


def test_readout_is_a_projection_of_both_tokens() -> None:
    torch.manual_seed(0)
    readout, tokens = ProjectReadout(dim=6), torch.randn(2, 5, 6)
    both = torch.cat([tokens[:, 1:], tokens[:, :1].expand(-1, 4, -1)], dim=-1)
    with torch.no_grad():
        assert torch.allclose(readout(tokens), F.gelu(readout.project(both)), atol=1e-6)


def test_embeddings_of_hybrids_give_their_maps_and_tokens() -> None:
    for embed in (ResNetEmbed(dim=8), EfficientNetEmbed(dim=8)):
        with torch.no_grad():
            maps, grid = embed.eval()(torch.rand(1, 3, 64, 96))
        assert [x.shape for x in maps] == [
            (1, channels, 64 // stride, 96 // stride)
            for channels, stride in zip(embed.channels, embed.strides, strict=True)
        ]
        assert grid.shape == (1, 8, 4, 6)


def test_the_hybrids_cnn_is_timms() -> None:
    torch.manual_seed(0)
    theirs = import_timm().create_model("vit_base_r50_s16_384", num_classes=0).patch_embed.backbone.eval()
    ours = ResNetEmbed(dim=8).eval()
    ours.backbone.load_state_dict(theirs.state_dict())
    image = torch.rand(1, 3, 64, 80)
    with torch.no_grad():
        expected = theirs(image)
        expected = expected[0] if isinstance(expected, list | tuple) else expected
        assert torch.allclose(ours.backbone(image), expected, atol=1e-4 * float(expected.abs().max()))
