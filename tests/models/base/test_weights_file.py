"""Own checkpoints: what is written comes back, and damaged or foreign files are refused with the remedy."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.weights_file import (
    FORMAT,
    STEP,
    assign_weights,
    read_header,
    read_tensors,
    rounded,
    save_model,
    unpacked,
)
from hondo.models.families.unet import unet
from hondo.models.registry.build_model import build_model


@pytest.fixture(scope="module")
def model() -> DepthModel:
    return build_model("unet", weights="random", encoder="light", width=0.25, size_hw=(64, 96))


@pytest.fixture(scope="module")
def written(model: DepthModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "sub" / "m.safetensors"
    return save_model(model, path, licence="Apache-2.0", training={"steps": 7, "loss": 0.5})


def test_header_says_what_was_saved(written: Path, model: DepthModel) -> None:
    header = read_header(written)
    assert (header.name, header.licence, header.kind) == ("unet", "Apache-2.0", "scaled_inverse_depth")
    assert header.training == {"steps": 7, "loss": 0.5}
    assert header.options == model.options
    assert header.input_spec == model.input_spec
    assert asdict(header)["half"] is False


def test_a_model_comes_back_to_the_bit(written: Path, model: DepthModel) -> None:
    again = build_model(written)
    image = torch.rand(1, 3, 40, 50)
    assert not again.training and again.options == model.options
    with torch.no_grad():
        for a, b in zip(model(image), again(image), strict=True):
            assert torch.equal(a, b)


def test_half_halves_the_file_and_keeps_vectors(model: DepthModel, written: Path, tmp_path: Path) -> None:
    small = save_model(model, tmp_path / "h.safetensors", licence="Apache-2.0", training={}, half=True)
    assert small.stat().st_size < 0.65 * written.stat().st_size
    tensors, own = read_tensors(small), model.state_dict()
    assert all(tensor.dtype == own[key].dtype for key, tensor in tensors.items())
    assert all(torch.equal(tensor, own[key]) for key, tensor in tensors.items() if tensor.ndim < 2)
    assert all(torch.allclose(tensor, own[key], rtol=1e-3, atol=1e-6) for key, tensor in tensors.items())


def test_writing_leaves_nothing_else(written: Path) -> None:
    assert [path.name for path in written.parent.iterdir()] == ["m.safetensors"]


def test_a_failed_write_keeps_the_old_file(model: DepthModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(b"old")
    monkeypatch.setattr("os.fsync", _no_space)
    with pytest.raises(OSError, match="No space"):
        save_model(model, path, licence="Apache-2.0", training={})
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def _no_space(_: int) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("keep", [0, 5, 100, 0.5, 0.99])
def test_truncated_files_are_refused(written: Path, tmp_path: Path, keep: float) -> None:
    content = written.read_bytes()
    path = tmp_path / "cut.safetensors"
    path.write_bytes(content[: int(keep if keep == 0 or keep > 1 else keep * len(content))])
    with pytest.raises(HondoError, match=r"cut\.safetensors.*again"):
        build_model(path)


def test_damage_is_found_wherever_it_is(written: Path, tmp_path: Path) -> None:
    content, path = written.read_bytes(), tmp_path / "bad.safetensors"
    head = 8 + int.from_bytes(content[:8], "little")
    for place in (*range(0, 8), *range(8, head, 31), head, (head + len(content)) // 2, len(content) - 1):
        damaged = bytearray(content)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(HondoError, match=r"bad\.safetensors"):
            build_model(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [("size_hw", [10**6, 10**6]), ("size_hw", [1e9, 1e9]), ("size_hw", []), ("size_hw", [32, "x"]), ("mean", [0, 0]),
     ("std", None), ("std", [0, 1, 1]), ("mean", [float("nan")] * 3), ("multiple_of", 0.5), ("fixed", "yes")],
)  # fmt: skip
def test_every_field_of_the_input_is_checked(written: Path, tmp_path: Path, field: str, value: object) -> None:
    path = changed(written, tmp_path, lambda stored: stored["input_spec"].update({field: value}))
    with pytest.raises(HondoError, match="description inside is damaged"):
        read_header(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", 3), ("kind", None), ("factor", 0), ("factor", "1"), ("half", 1), ("options", []), ("sha256", 5),
     ("sha256", ""), ("metres", {"factor": -1.0}), ("metres", 3), ("strange", 1)],
)  # fmt: skip
def test_every_field_of_the_header_is_checked(written: Path, tmp_path: Path, field: str, value: object) -> None:
    path = changed(written, tmp_path, lambda stored: stored.update({field: value}))
    with pytest.raises(HondoError, match="description inside is damaged"):
        read_header(path)


def changed(written: Path, folder: Path, change: Callable[[dict], None]) -> Path:
    """A copy of a checkpoint whose description was changed."""
    content = written.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    stored = json.loads(header["__metadata__"]["hondo"])
    change(stored)
    header["__metadata__"]["hondo"] = json.dumps(stored)
    text = json.dumps(header).encode()
    path = folder / "changed.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])
    return path


def test_random_bytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "noise.safetensors"
    path.write_bytes(bytes(range(256)) * 20)
    with pytest.raises(HondoError, match="truncated or no safetensors file"):
        read_header(path)


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "theirs.safetensors"
    save_file({"a": torch.zeros(2)}, path)
    with pytest.raises(HondoError, match=r"not a checkpoint written by hondo.*as its weights"):
        build_model(path)


NO_DESCRIPTIONS = (
    "{", "[]", "[" * 100_000, '{"format": ' + "1" * 5000 + "}", "null", "{}", '{"format": 1}',
    '{"format": 1, "input_spec": 3, "options": {}}',
)  # fmt: skip


@pytest.mark.parametrize("text", NO_DESCRIPTIONS, ids=lambda text: text[:20])
def test_damaged_descriptions_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "m.safetensors"
    save_file({"a": torch.zeros(2)}, path, metadata={"hondo": text})
    with pytest.raises(HondoError, match="description inside is damaged"):
        read_header(path)


def test_files_of_the_future_ask_for_an_upgrade(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    save_file({"a": torch.zeros(2)}, path, metadata={"hondo": f'{{"format": {FORMAT + 1}, "hondo_version": "9.0"}}'})
    with pytest.raises(HondoError, match=r"written by hondo 9\.0.*upgrade"):
        read_header(path)


def test_absent_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(HondoError, match="does not exist"):
        read_header(tmp_path / "no.safetensors")
    (tmp_path / "folder.safetensors").mkdir()
    with pytest.raises(HondoError, match="is not a file"):
        read_header(tmp_path / "folder.safetensors")


def test_differences_are_listed_by_key() -> None:
    model = nn.ModuleDict({name: nn.Linear(2, 2) for name in "abcdefg"})
    tensors = {"a.weight": torch.zeros(2, 2), "b.weight": torch.zeros(3, 2), "z.bias": torch.zeros(1)}
    with pytest.raises(HondoError) as caught:
        assign_weights(model, tensors, source="file")
    text = str(caught.value)
    assert "12 missing: a.bias, b.bias, c.weight, c.bias, d.weight, ...;" in text
    assert "1 unexpected: z.bias" in text
    assert "1 of another shape: b.weight (3, 2) instead of (2, 2)" in text
    mismatch = assign_weights(model, tensors, source="file", strict=False)
    assert len(mismatch.missing) == 12 and mismatch.unexpected == ("z.bias",)
    assert model["a"].weight.sum() == 0 and model["b"].weight.shape == (2, 2)


def test_shared_and_strided_weights_can_be_saved(tmp_path: Path) -> None:
    model = unet(encoder="light", width=0.25)
    convolution = model.network.decoder.before["16"][0].conv
    convolution.weight = nn.Parameter(convolution.weight.detach().to(memory_format=torch.channels_last))
    model.network.decoder.again = convolution  # under two names
    path = save_model(model, tmp_path / "m.safetensors", licence="Apache-2.0", training={})
    assert torch.equal(read_tensors(path)["network.decoder.before.16.0.conv.weight"], convolution.weight)


KERNEL = "network.decoder.before.16.0.conv.weight"


@pytest.fixture(scope="module")
def int8_model() -> DepthModel:
    torch.manual_seed(0)
    return build_model("unet", weights="random", encoder="light", width=0.25, size_hw=(64, 96))


@pytest.fixture(scope="module")
def keys(int8_model: DepthModel) -> tuple[str, ...]:
    return tuple(key for key, tensor in int8_model.state_dict().items() if tensor.ndim == 4)


@pytest.fixture(scope="module")
def int8_written(int8_model: DepthModel, keys: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("int8") / "m.safetensors"
    return save_model(int8_model, path, licence="Apache-2.0", training={}, int8=keys)


def test_the_file_holds_int8_and_says_so(int8_model: DepthModel, keys: tuple[str, ...], int8_written: Path) -> None:
    stored = load_file(int8_written)
    assert read_header(int8_written).int8 and read_header(int8_written).half is False
    assert KERNEL in keys and all(stored[key].dtype == torch.int8 for key in keys)
    assert stored.keys() == int8_model.state_dict().keys() | {key + STEP for key in keys}
    held = sum(stored[key].nbytes + stored[key + STEP].nbytes for key in keys)
    assert held < 0.3 * sum(int8_model.state_dict()[key].nbytes for key in keys)


def test_what_comes_back_is_within_half_a_step_and_the_rest_to_the_bit(
    int8_model: DepthModel, keys: tuple[str, ...], int8_written: Path
) -> None:
    stored, again = load_file(int8_written), read_tensors(int8_written)
    for key, tensor in int8_model.state_dict().items():
        half = stored[key + STEP].view(-1, 1, 1, 1) / 2 if key in keys else torch.zeros(())
        assert again[key].dtype == tensor.dtype and bool(((again[key] - tensor).abs() <= 1.0001 * half).all()), key


def test_a_model_built_from_it_runs_and_can_be_trained_on(int8_model: DepthModel, int8_written: Path) -> None:
    again, warm = build_model(int8_written), build_model("unet", weights=int8_written, encoder="light", width=0.25)
    image = torch.rand(1, 3, 64, 96)
    for built in (again, warm):
        torch.testing.assert_close(built(image)[0], int8_model(image)[0], rtol=0.1, atol=0.02)
        assert all(parameter.dtype == torch.float32 and parameter.requires_grad for parameter in built.parameters())
    warm(image)[0].mean().backward()


def test_saved_again_it_is_the_same_file(keys: tuple[str, ...], int8_written: Path, tmp_path: Path) -> None:
    again = save_model(build_model(int8_written), tmp_path / "n.safetensors", licence="", training={}, int8=keys)
    first, second = load_file(int8_written), load_file(again)
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
def test_int8_without_its_steps_is_refused(tensors: dict[str, Tensor], int8_written: Path, tmp_path: Path) -> None:
    with pytest.raises(HondoError, match=r"m\.safetensors: weight a and its int8 steps do not fit"):
        unpacked(tensors, source="m.safetensors")
    content = {key: tensor for key, tensor in load_file(int8_written).items() if key != KERNEL + STEP}
    from safetensors import safe_open

    with safe_open(int8_written, framework="pt") as file:
        stored = json.loads(file.metadata()["hondo"]) | {"format": 2, "sha256": ""}  # before there was a hash
        save_file(content, tmp_path / "cut.safetensors", metadata={"hondo": json.dumps(stored)})
    with pytest.raises(HondoError, match=rf"cut\.safetensors: weight {KERNEL} and its int8 steps"):
        build_model(tmp_path / "cut.safetensors")
