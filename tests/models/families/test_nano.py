"""hondo-nano: its size, its range, and that it sees the whole image."""

import torch

from hondo.core.types import DepthKind
from hondo.models.base.macs import count_macs, count_parameters
from hondo.models.families.nano import LOG_RANGE, hondo_nano
from hondo.models.registry.build_model import build_model
from hondo.models.registry.zoo import PACKAGED_WEIGHTS


def test_fits_its_budget() -> None:
    model = hondo_nano()
    assert 2 * count_parameters(model) < 8e6, "bytes in half precision"
    assert count_macs(model) < 2e9
    assert model.kind is DepthKind.SCALED_INVERSE_DEPTH


def test_output_is_positive_and_finite_for_any_weights() -> None:
    model = hondo_nano().eval()
    torch.nn.init.normal_(model.network.head.weight, std=1e4)
    with torch.no_grad():
        (inverse,) = model(torch.rand(2, 3, 64, 96))
    assert inverse.shape == (2, 1, 64, 96)
    assert torch.isfinite(inverse).all() and (inverse > 0).all()
    assert inverse.log().abs().max() <= LOG_RANGE + 1e-3


def test_every_output_sees_every_pixel() -> None:
    torch.manual_seed(0)
    model = hondo_nano().eval()
    image = torch.rand(1, 3, 64, 160, requires_grad=True)
    (inverse,) = model(image)
    inverse[0, 0, 2, 2].log().backward()
    assert image.grad[0, :, -1, -1].abs().max() > 0


def test_packaged_weights_tell_near_from_far() -> None:
    """On an image of the embedded clip, what is below is nearer than what is above."""
    path = PACKAGED_WEIGHTS.get("hondo-nano")
    assert path is not None, "the package ships weights"
    assert path.stat().st_size < 8e6

    from hondo.data.datasets.clip import Frames
    from hondo.data.datasets.embedded_clip import embedded_clip

    image = Frames(embedded_clip().folder)[0].image[None]
    with torch.no_grad():
        (inverse,) = build_model("hondo-nano")(image)
    rows = inverse[0, 0].median(dim=1).values
    assert rows[-20:].mean() > 1.1 * rows[:20].mean()
    assert inverse.log().std() > 0.1
