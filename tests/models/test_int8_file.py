"""Checkpoints in int8: a quarter of the size, every weight within half a step, damage told in one line."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.models.depth import DepthModel
from hondo.models.int8_file import STEP, rounded, unpacked
from hondo.models.weights import read_header, read_model, read_tensors, save_model
from hondo.models.zoo import build_model

KERNEL = "network.decoder.before.16.0.conv.weight"


@pytest.fixture(scope="module")
def model() -> DepthModel:
    torch.manual_seed(0)
    return build_model("unet", weights="random", encoder="light", width=0.25, size_hw=(64, 96))


@pytest.fixture(scope="module")
def keys(model: DepthModel) -> tuple[str, ...]:
    return tuple(key for key, tensor in model.state_dict().items() if tensor.ndim == 4)


@pytest.fixture(scope="module")
def written(model: DepthModel, keys: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("int8") / "m.safetensors"
    return save_model(model, path, licence="Apache-2.0", training={}, int8=keys)


def test_the_file_holds_int8_and_says_so(model: DepthModel, keys: tuple[str, ...], written: Path) -> None:
    stored = load_file(written)
    assert read_header(written).int8 and read_header(written).half is False
    assert KERNEL in keys and all(stored[key].dtype == torch.int8 for key in keys)
    assert stored.keys() == model.state_dict().keys() | {key + STEP for key in keys}
    held = sum(stored[key].nbytes + stored[key + STEP].nbytes for key in keys)
    assert held < 0.3 * sum(model.state_dict()[key].nbytes for key in keys)


def test_what_comes_back_is_within_half_a_step_and_the_rest_to_the_bit(
    model: DepthModel, keys: tuple[str, ...], written: Path
) -> None:
    stored, again = load_file(written), read_tensors(written)
    for key, tensor in model.state_dict().items():
        half = stored[key + STEP].view(-1, 1, 1, 1) / 2 if key in keys else torch.zeros(())
        assert again[key].dtype == tensor.dtype and bool(((again[key] - tensor).abs() <= 1.0001 * half).all()), key


def test_a_model_built_from_it_runs_and_can_be_trained_on(model: DepthModel, written: Path) -> None:
    again, warm = read_model(written), build_model("unet", weights=written, encoder="light", width=0.25)
    image = torch.rand(1, 3, 64, 96)
    for built in (again, warm):
        torch.testing.assert_close(built(image)[0], model(image)[0], rtol=0.1, atol=0.02)
        assert all(parameter.dtype == torch.float32 and parameter.requires_grad for parameter in built.parameters())
    warm(image)[0].mean().backward()


def test_saved_again_it_is_the_same_file(keys: tuple[str, ...], written: Path, tmp_path: Path) -> None:
    again = save_model(read_model(written), tmp_path / "n.safetensors", licence="", training={}, int8=keys)
    first, second = load_file(written), load_file(again)
    assert all(torch.equal(first[key], second[key]) for key in keys)


def test_weights_that_are_not_finite_are_refused() -> None:
    with pytest.raises(HondoError, match="weight a holds values that are not finite"):
        rounded({"a": torch.tensor([[1.0, float("nan")]])}, ["a"])


@pytest.mark.parametrize(
    "tensors",
    [
        {"a": torch.ones(2, 3, dtype=torch.int8)},
        {"a": torch.ones(2, 3, dtype=torch.int8), f"a{STEP}": torch.ones(3)},
        {"a": torch.ones(2, 3), f"a{STEP}": torch.ones(2)},
    ],
)
def test_int8_without_its_steps_is_refused(tensors: dict[str, Tensor], written: Path, tmp_path: Path) -> None:
    with pytest.raises(HondoError, match=r"m\.safetensors: weight a and its int8 steps do not fit"):
        unpacked(tensors, source="m.safetensors")
    content = {key: tensor for key, tensor in load_file(written).items() if key != KERNEL + STEP}
    from safetensors import safe_open

    with safe_open(written, framework="pt") as file:
        save_file(content, tmp_path / "cut.safetensors", metadata=file.metadata())
    with pytest.raises(HondoError, match=rf"cut\.safetensors: weight {KERNEL} and its int8 steps"):
        read_model(tmp_path / "cut.safetensors")
