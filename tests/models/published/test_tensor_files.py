"""Opening the authors' files: what is read, and that nothing in a file is run."""

from pathlib import Path

import numpy as np
import pytest
import torch

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
