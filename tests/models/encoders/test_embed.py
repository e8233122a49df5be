"""The embeddings of hybrid transformers: shapes, and the same numbers as timm's CNN."""

import torch

from hondo.models.base.torchvision_guard import import_timm
from hondo.models.encoders.embed import EfficientNetEmbed, ResNetEmbed


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
