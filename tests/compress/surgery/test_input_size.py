"""Another input size."""

import pytest
import torch

from hondo.compress.surgery.input_size import resize_input
from hondo.core.errors import HondoError
from hondo.models.registry.build_model import build_model


@pytest.mark.parametrize("family", ["hybrid", "plain"])
def test_at_the_new_size_the_maps_are_those_of_before(family: str, request, output) -> None:
    model = request.getfixturevalue(family)
    result = resize_input(model, (96, 128))
    image = torch.rand(1, 3, 96, 128)
    with torch.no_grad():
        assert torch.allclose(result.model(image)[0], model(image)[0], atol=1e-5)
    patch_tokens = result.model.network.encoder.pos_embed.shape[1] - 1
    assert patch_tokens == 6 * 8 and result.model.input_spec.size_hw == (96, 128)


def test_sizes_that_are_no_multiple_are_refused(hybrid) -> None:
    with pytest.raises(HondoError, match="multiple of 32"):
        resize_input(hybrid, (50, 64))


def test_any_model_takes_another_size() -> None:
    nano = build_model("hondo-nano", "random")
    made = resize_input(nano, (64, 96)).model
    assert made.input_spec.size_hw == (64, 96) and nano.input_spec.size_hw != (64, 96)
