"""Opening the authors' files: what is read, and that nothing in a file is run."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from hondo.core.errors import HondoError
from hondo.models.published.tensor_files import part, read_entries, read_tensors

STATE = {"a.weight": torch.arange(6.0).view(2, 3), "a.bias": torch.ones(2)}


@pytest.mark.parametrize("wrapper", [None, "state_dict", "model", "model_state_dict"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_weights_are_found_behind_wrappers_and_prefixes(tmp_path: Path, wrapper: str | None, prefix: str) -> None:
    state = {prefix + key: value for key, value in STATE.items()}
    torch.save(state if wrapper is None else {wrapper: state, "epoch": 3}, tmp_path / "w.pt")
    read = read_tensors(tmp_path / "w.pt")
    assert read.keys() == STATE.keys() and all(torch.equal(read[key], STATE[key]) for key in STATE)


def test_files_of_old_torch_versions_are_read(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "w.pth", _use_new_zipfile_serialization=False)
    assert torch.equal(read_tensors(tmp_path / "w.pth")["a.weight"], STATE["a.weight"])


def test_numbers_beside_the_weights_are_kept_apart(tmp_path: Path) -> None:
    torch.save(STATE | {"height": 192}, tmp_path / "encoder.pth")
    assert "height" not in read_tensors(tmp_path / "encoder.pth")
    assert read_entries(tmp_path / "encoder.pth")["height"] == 192


@pytest.mark.parametrize("number", [np.float64(0.6), np.float32(0.5), np.int64(7), np.bool_(True)])
@pytest.mark.parametrize("package", [b"numpy._core", b"numpy.core"], ids=["NumPy 2", "NumPy 1"])
def test_numbers_of_numpy_are_numbers(tmp_path: Path, number: np.generic, package: bytes) -> None:
    path = tmp_path / "encoder.pth"
    torch.save(STATE | {"min_depth_bin": number}, path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes().replace(b"numpy._core", package))
    assert read_entries(path)["min_depth_bin"] == number


class Danger:
    def __reduce__(self) -> tuple:
        return Path.touch, (Path(Danger.target),)

    target = ""


def test_a_file_that_would_run_code_is_refused_and_runs_none(tmp_path: Path) -> None:
    Danger.target = str(tmp_path / "ran")
    torch.save(STATE | {"extra": Danger()}, tmp_path / "w.pt")
    with pytest.raises(HondoError, match=r"holds more than tensors.*torch\.save\(model\.state_dict"):
        read_tensors(tmp_path / "w.pt")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 cut"])
def test_a_broken_file_is_said_to_be_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.pt").write_bytes(content)
    with pytest.raises(HondoError, match=r"w\.pt (is truncated|holds more)"):
        read_tensors(tmp_path / "w.pt")


def test_a_cut_checkpoint_is_said_to_be_truncated(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(1000)}, tmp_path / "whole.pt")
    (tmp_path / "w.pt").write_bytes((tmp_path / "whole.pt").read_bytes()[:2000])
    with pytest.raises(HondoError, match="truncated"):
        read_tensors(tmp_path / "w.pt")


def test_a_file_without_weights_is_refused(tmp_path: Path) -> None:
    torch.save({"epoch": 3}, tmp_path / "w.pt")
    with pytest.raises(HondoError, match="none of its 1 entries is a tensor"):
        read_tensors(tmp_path / "w.pt")
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(HondoError, match="holds a list"):
        read_tensors(tmp_path / "list.pt")


def test_folders_and_files_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(HondoError, match=r"has no file encoder\.pth"):
        part(tmp_path, "encoder.pth")
    with pytest.raises(HondoError, match="give the checkpoint file inside it"):
        read_tensors(tmp_path)
    (tmp_path / "encoder.pth").write_bytes(b"")
    assert part(tmp_path, "encoder.pth") == tmp_path / "encoder.pth"
    with pytest.raises(HondoError, match="must be the folder"):
        part(tmp_path / "encoder.pth", "depth.pth")


def prefixed(prefix: str) -> dict[str, torch.Tensor]:
    return {prefix + key: value for key, value in STATE.items()}


@pytest.mark.parametrize(
    "content",
    [
        {"state_dict": prefixed("model."), "pytorch-lightning_version": "2.1.0", "hyper_parameters": {"lr": 1e-3}},
        prefixed("_orig_mod."),
        {"ema": STATE, "step": 5},
        {"params": STATE},
        {"net": prefixed("module.module.")},
        {"model": STATE, "model_ema": prefixed("module.")},
        {"model": {"state_dict": prefixed("model.module.")}},
        {"state_dict": STATE, "best_loss": torch.tensor(0.5)},
    ],
    ids=["lightning", "compiled", "ema", "params", "double", "both", "nested", "a tensor beside"],
)
def test_checkpoints_of_training_frameworks_are_read(tmp_path: Path, content: dict) -> None:
    torch.save(content, tmp_path / "w.pth")
    read = read_tensors(tmp_path / "w.pth")
    assert read.keys() == STATE.keys() and all(torch.equal(read[key], STATE[key]) for key in STATE)


def test_a_prefix_that_not_all_tensors_have_stays(tmp_path: Path) -> None:
    torch.save({"model.a": torch.ones(1), "head.b": torch.ones(1)}, tmp_path / "w.pth")
    assert read_tensors(tmp_path / "w.pth").keys() == {"model.a", "head.b"}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_come_as_float32(tmp_path: Path, dtype: torch.dtype) -> None:
    torch.save({"a": torch.ones(2, dtype=dtype), "count": torch.tensor(3)}, tmp_path / "w.pth")
    read = read_tensors(tmp_path / "w.pth")
    assert read["a"].dtype == torch.float32 and read["count"].dtype == torch.int64


def test_safetensors_of_others_are_read(tmp_path: Path) -> None:
    save_file(
        {"module.a": torch.ones(2, dtype=torch.float16)}, tmp_path / "model.safetensors", metadata={"format": "pt"}
    )
    assert read_tensors(tmp_path / "model.safetensors")["a"].dtype == torch.float32


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 99173660\n", "Git LFS pointer"),
        (b"<!DOCTYPE html><html><body>quota exceeded</body></html>", "web page"),
        (b"\n<HTML>sign in</HTML>", "web page"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "XML message"),
        (b'{"error": "gated"}', "JSON text"),
    ],
)
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_what_is_no_checkpoint_is_named(tmp_path: Path, content: bytes, what: str, suffix: str) -> None:
    path = tmp_path / f"w{suffix}"
    path.write_bytes(content)
    with pytest.raises(HondoError, match=f"bytes.* is .*{what}"):
        read_tensors(path)


def test_torchscript_is_named_and_not_run(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "w.pt", "w") as archive:  # the form of torch.jit.save
        archive.writestr("w/code/__torch__.py", "")
        archive.writestr("w/constants.pkl", b"")
    with pytest.raises(HondoError, match="TorchScript"):
        read_tensors(tmp_path / "w.pt")
