"""A narrower decoder."""

from copy import deepcopy

import pytest
import torch

from hondo.compress.surgery.decoder_width import layers_of, narrow_decoder
from hondo.compress.surgery.separable_decoder import separate_decoder
from hondo.core.errors import HondoError


def test_its_own_width_changes_nothing(hybrid, plain, output) -> None:
    for model in (hybrid, plain):
        assert torch.equal(output(narrow_decoder(model, 8).model), output(model))


@pytest.mark.parametrize("family", ["hybrid", "plain"])
@pytest.mark.parametrize("is_separable", [False, True])
def test_channels_that_carry_nothing_go_without_a_trace(family: str, is_separable: bool, request, output) -> None:
    model = deepcopy(request.getfixturevalue(family))
    model = separate_decoder(model).model if is_separable else model
    decoder = model.network.decoder
    with torch.no_grad():
        for layer in layers_of(4):
            if layer.writes is not None:  # every other channel is silent, another half in every stream
                conv = decoder.get_submodule(layer.name)
                last = conv[1] if is_separable and isinstance(conv, torch.nn.Sequential) else conv
                silent = slice(hash_of(layer.writes) % 2, None, 2)
                last.weight[silent] = 0
                if last.bias is not None:
                    last.bias[silent] = 0
    result = narrow_decoder(model, 4)
    assert torch.allclose(output(result.model), output(model), rtol=1e-5) and result.kept.fresh == 0
    assert result.model.options["features"] == 4


def hash_of(stream: str) -> int:
    return sum(map(ord, stream))


def test_more_or_none_is_refused(hybrid) -> None:
    for features in (0, 1, 9):
        with pytest.raises(HondoError, match="keep 2 to 8"):
            narrow_decoder(hybrid, features)
