"""What a file that should hold weights really is; files with weights pass, whatever their length is."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from hondo.core.errors import HondoError
from hondo.models.base.weights_file import check_is_checkpoint


def test_a_header_whose_length_is_a_brace_is_still_safetensors(tmp_path: Path) -> None:
    """The first byte of a .safetensors file is part of a length, and may be "{" by chance."""
    path = tmp_path / "w.safetensors"
    save_file({"a": torch.zeros(2)}, path)
    path.write_bytes(b"{" + path.read_bytes()[1:])
    check_is_checkpoint(path)


def test_checkpoints_pass(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(2)}, tmp_path / "w.pth")
    check_is_checkpoint(tmp_path / "w.pth")


@pytest.mark.parametrize("content", [b"", b"<html>", b"version https://git-lfs.github.com/spec/v1"])
def test_others_are_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(HondoError, match=r"w\.pth"):
        check_is_checkpoint(tmp_path / "w.pth")
