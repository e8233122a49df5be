"""Two models have one fingerprint only where code, configuration and weights are equal; foreign code has none."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional

from hondo.core.types import DepthKind, InputSpec
from hondo.engines.tracing.fingerprint import fingerprint
from hondo.models.base.depth_model import DepthModel


def model(*layers: nn.Module, seed: int = 0) -> DepthModel:
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Conv2d(3, 2, 1), *layers)
    for layer in network:
        if isinstance(layer, nn.Conv2d):
            layer.reset_parameters()
    spec = InputSpec(size_hw=(8, 8), multiple_of=1, mean=(0, 0, 0), std=(1, 1, 1))
    return DepthModel(network, name="m", kind=DepthKind.METRIC_DEPTH, input_spec=spec).eval()


def test_equal_models_are_equal() -> None:
    assert fingerprint(model()) == fingerprint(model())


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda: model(seed=1), id="weights"),
        pytest.param(lambda: model(nn.ReLU()), id="layers"),
        pytest.param(lambda: model().train(), id="mode"),
    ],
)
def test_any_difference_counts(other) -> None:
    assert fingerprint(other()) not in (None, fingerprint(model()))


def test_an_attribute_counts() -> None:
    wide, narrow = model(nn.LeakyReLU(0.1)), model(nn.LeakyReLU(0.2))
    assert fingerprint(wide) != fingerprint(narrow)


def test_a_buffer_outside_the_state_dict_counts() -> None:
    models = [model(), model()]
    for value, each in enumerate(models):
        each.register_buffer("offset", torch.full((2,), float(value)), persistent=False)
    assert fingerprint(models[0]) != fingerprint(models[1])


class Foreign(nn.Module):
    """A user's own layer, whose code may change without a version."""


def with_attribute(value: object) -> DepthModel:
    changed = model()
    vars(changed)["extra"] = value
    return changed


@pytest.mark.parametrize(
    "value", [lambda x: x, partial(lambda x: x), object(), Foreign()], ids=lambda value: type(value).__name__
)
def test_what_cannot_be_told_has_none(value: object) -> None:
    assert fingerprint(with_attribute(value)) is None


def test_foreign_modules_and_hooks_have_none() -> None:
    assert fingerprint(model(Foreign())) is None
    hooked = model()
    hooked.register_forward_hook(lambda *_: None)
    assert fingerprint(hooked) is None


def test_functions_of_known_packages_are_told() -> None:
    assert fingerprint(with_attribute(functional.relu)) != fingerprint(with_attribute(functional.gelu))
    assert fingerprint(with_attribute(partial(functional.relu, inplace=False))) is not None
