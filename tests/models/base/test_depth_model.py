"""DepthModel pads, crops, normalises, and refuses what is no image."""

import pytest
import torch
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.models.base.depth_model import DepthModel, check_image, pad_to_multiple


class Echo(nn.Module):
    """The first channel at full, half and an eighth of the size; remembers what it was given."""

    def forward(self, image: Tensor) -> list[Tensor]:
        self.seen = image
        return [image[:, :1, ::step, ::step] for step in (1, 2, 8)]


def echo(**spec: object) -> DepthModel:
    spec = InputSpec(**({"size_hw": (64, 96), "multiple_of": 32} | spec))
    return DepthModel(Echo(), name="echo", kind=DepthKind.METRIC_DEPTH, input_spec=spec)


@pytest.mark.parametrize("size_hw", [(64, 96), (33, 70), (1, 5), (31, 65), (40, 32)])
def test_maps_are_the_padded_ones_cropped(size_hw: tuple[int, int]) -> None:
    image = torch.rand(2, 3, *size_hw)
    model = echo()
    maps = model(image)
    assert torch.equal(maps[0], image[:, :1])
    assert torch.equal(maps[1], image[:, :1, ::2, ::2])
    assert torch.equal(maps[2], image[:, :1, ::8, ::8])
    assert all(side % 32 == 0 for side in model.network.seen.shape[-2:])


def test_pads_by_reflection_and_repeats_where_too_small() -> None:
    ramp = torch.arange(6.0).view(1, 1, 1, 6).expand(1, 1, 6, 6)
    assert pad_to_multiple(ramp, 8)[0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5, 4, 3]
    assert pad_to_multiple(ramp[..., :2], 8)[0, 0, 0].tolist() == [0, 1, 1, 1, 1, 1, 1, 1]
    assert pad_to_multiple(ramp, 3) is ramp


def test_normalises_each_channel() -> None:
    model = echo(mean=(0.5, 0.25, 0.0), std=(0.5, 0.25, 2.0))
    model(torch.ones(1, 3, 64, 96))
    assert model.network.seen[0, :, 0, 0].tolist() == [1.0, 3.0, 0.5]


def test_another_input_spec_changes_the_normalisation() -> None:
    model = echo()
    model.set_input_spec(InputSpec(size_hw=(32, 32), std=(0.5, 0.5, 0.5)))
    model(torch.ones(1, 3, 32, 32))
    assert model.input_spec.size_hw == (32, 32)
    assert model.network.seen.max() == 2


def test_the_normalisation_is_no_weight() -> None:
    assert not echo().state_dict()


def test_one_map_is_a_list_of_one() -> None:
    spec = InputSpec(size_hw=(32, 32))
    model = DepthModel(nn.Conv2d(3, 1, 1), name="x", kind=DepthKind.METRIC_DEPTH, input_spec=spec)
    maps = model(torch.rand(1, 3, 32, 33))
    assert isinstance(maps, list) and maps[0].shape == (1, 1, 32, 33)


@pytest.mark.parametrize(
    "image", [torch.zeros(1, 3, 8, 8, dtype=torch.uint8), torch.zeros(3, 8, 8), torch.zeros(1, 4, 8, 8)]
)
def test_refuses_what_is_no_image(image: Tensor) -> None:
    with pytest.raises(HondoError, match="b 3 h w"):
        check_image(image, spec=InputSpec(size_hw=(32, 32)))


def test_a_fixed_network_takes_its_size_only() -> None:
    model = echo(fixed=True)
    assert model(torch.rand(1, 3, 64, 96))[0].shape == (1, 1, 64, 96)
    with pytest.raises(HondoError, match="64x96 images only, got 64x95"):
        model(torch.rand(1, 3, 64, 95))
