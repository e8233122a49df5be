"""hondo-small: its size, and that it starts as the plain network."""

import torch

from hondo.data.datasets.clip import Frames
from hondo.data.datasets.embedded_clip import embedded_clip
from hondo.models.base.macs import count_macs, count_parameters
from hondo.models.families.small import REACH, CorrectedNano, Detail, hondo_small, within_reach
from hondo.models.registry.build_model import build_model
from hondo.models.registry.zoo import PACKAGED_WEIGHTS


def test_fits_its_budget_and_starts_as_the_plain_network() -> None:
    torch.manual_seed(0)
    model = hondo_small().eval()
    assert 2 * count_parameters(model) < 20e6, "bytes in half precision"
    assert count_macs(model) < 2e9
    assert isinstance(model.network, CorrectedNano)
    image = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        (inverse,) = model(image)
        torch.testing.assert_close(inverse, model.network.nano(model.normalise(image)))


def test_both_encoders_see_the_same_image() -> None:
    """Each with the normalisation that it learnt with."""
    model = hondo_small().eval()
    network = model.network
    assert isinstance(network, CorrectedNano)
    grey = torch.full((1, 3, 32, 32), 0.7)
    seen: list[torch.Tensor] = []
    network.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model(grey)
    torch.testing.assert_close(seen[0], (grey - 0.5) / 0.5)


def test_an_edge_may_sharpen_but_not_overshoot() -> None:
    coarse = torch.linspace(0, 1, 16).expand(1, 1, 16, 16)  # a ramp from left to right
    wild = torch.full((1, 1, 32, 32), 9.0)
    held = within_reach(wild, coarse, enlarge=torch.nn.Upsample(scale_factor=2))
    assert held.max() == 1
    torch.testing.assert_close(held[0, 0, :, 0], coarse[0, 0, 0, REACH].expand(32))
    ramp = torch.nn.Upsample(scale_factor=2)(coarse)
    torch.testing.assert_close(within_reach(ramp, coarse, enlarge=torch.nn.Upsample(scale_factor=2)), ramp)


def test_detail_leaves_what_is_wide_as_it_is() -> None:
    detail = Detail(3).eval()
    torch.nn.init.ones_(detail.get_parameter("5.weight"))
    flat = torch.ones(1, 3, 64, 64)
    assert detail(flat)[..., 48:80, 48:80].abs().max() < 1e-4  # away from the border, where padding shows


def test_packaged_weights_correct_the_plain_network() -> None:
    assert PACKAGED_WEIGHTS["hondo-small"].stat().st_size < 20e6
    model = build_model("hondo-small")
    network = model.network
    assert isinstance(network, CorrectedNano)
    image = Frames(embedded_clip().folder)[0].image[None]
    with torch.no_grad():
        difference = model(image)[0].log() - network.nano(model.prepared(image)).log()
    assert 0.02 < (difference - difference.median()).abs().mean() < 0.5
