"""hondo-nano-plain: its size, its range, and that it sees the whole image."""

import torch

from hondo.core.types import DepthKind
from hondo.models.base.macs import count_macs, count_parameters
from hondo.models.families.compact.plain_nano import LOG_RANGE, plain_nano


def test_fits_its_budget() -> None:
    model = plain_nano()
    assert 2 * count_parameters(model) < 8e6, "bytes in half precision"
    assert count_macs(model) < 2e9
    assert model.kind is DepthKind.SCALED_INVERSE_DEPTH


def test_output_is_positive_and_finite_for_any_weights() -> None:
    model = plain_nano().eval()
    torch.nn.init.normal_(model.network.head.weight, std=1e4)
    with torch.no_grad():
        (inverse,) = model(torch.rand(2, 3, 64, 96))
    assert inverse.shape == (2, 1, 64, 96)
    assert torch.isfinite(inverse).all() and (inverse > 0).all()
    assert inverse.log().abs().max() <= LOG_RANGE + 1e-3


def test_every_output_sees_every_pixel() -> None:
    torch.manual_seed(0)
    model = plain_nano().eval()
    image = torch.rand(1, 3, 64, 160, requires_grad=True)
    (inverse,) = model(image)
    inverse[0, 0, 2, 2].log().backward()
    assert image.grad[0, :, -1, -1].abs().max() > 0
