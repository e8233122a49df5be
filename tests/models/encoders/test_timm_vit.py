"""The numbers of timm's vision transformers, and which of them are plain."""

from hondo.models.encoders.timm_vit import vit_depth, vit_facts


def test_facts_of_timm_and_what_is_no_plain_transformer() -> None:
    facts = vit_facts("vit_large_patch16_384")
    assert facts is not None
    assert (facts.dim, facts.depth, facts.num_heads, facts.grid_hw, facts.layer_scale) == (1024, 24, 16, (24, 24), None)
    assert vit_facts("vit_base_patch16_clip_224") is None, "a norm before the blocks"
    assert vit_facts("vit_small_patch14_reg4_dinov2") is None, "registers"
    assert vit_facts("no-such-model") is None
    assert vit_depth("vit_small_patch14_reg4_dinov2") == 12 and vit_depth("resnet18") is None
