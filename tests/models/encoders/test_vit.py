"""Our vision transformer against timm's, and its readout."""

import pytest
import torch
from torch.nn import functional as F

from hondo.models.base.torchvision_guard import import_timm
from hondo.models.encoders.embed import PatchEmbed
from hondo.models.encoders.timm_vit import vit_facts
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


def test_readout_is_a_projection_of_both_tokens() -> None:
    torch.manual_seed(0)
    readout, tokens = ProjectReadout(dim=6), torch.randn(2, 5, 6)
    both = torch.cat([tokens[:, 1:], tokens[:, :1].expand(-1, 4, -1)], dim=-1)
    with torch.no_grad():
        assert torch.allclose(readout(tokens), F.gelu(readout.project(both)), atol=1e-6)
