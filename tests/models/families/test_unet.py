"""The U-Net variants."""

import torch

from hondo.core.types import DepthKind
from hondo.models.families.unet import unet


def test_four_scales_within_the_depth_range() -> None:
    model = unet(encoder="light", width=0.25, min_depth=0.5, max_depth=50.0, kind="metric_inverse_depth").eval()
    with torch.no_grad():
        maps = model(torch.rand(2, 3, 64, 96))
    assert model.kind is DepthKind.METRIC_INVERSE_DEPTH
    assert [tuple(depth.shape) for depth in maps] == [(2, 1, 64, 96), (2, 1, 32, 48), (2, 1, 16, 24), (2, 1, 8, 12)]
    assert all(depth.min() >= 1 / 50 and depth.max() <= 2 for depth in maps)


def test_width_scales_the_decoder_only() -> None:
    thin, wide = (unet(encoder="light", width=width).network for width in (0.25, 0.5))
    size = lambda module: sum(parameter.numel() for parameter in module.parameters())  # noqa: E731
    assert size(thin.encoder) == size(wide.encoder)
    assert size(thin.decoder) < size(wide.decoder)


def test_the_normalisation_is_the_encoders() -> None:
    model = unet(encoder="timm:resnet18")
    assert model.input_spec.mean == (0.485, 0.456, 0.406) and model.input_spec.multiple_of == 32
