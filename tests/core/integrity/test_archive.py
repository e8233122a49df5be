"""Zip archives are bounded before anything of them is unpacked."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.integrity import archive as module
from hondo.core.integrity.archive import open_archive, read_member, unpacked_bytes
from hondo.images.read import read_depth
from hondo.models.published.module_pickle import read_module
from hondo.models.published.tensor_files import read_tensors


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    path = tmp_path / "some.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a", bytes(1000))
        made.writestr("b", b"text")
    return path


def test_members_are_read_up_to_their_limit(packed: Path) -> None:
    with open_archive(packed, name="some.zip") as opened:
        assert unpacked_bytes(opened) == 1004 and read_member(opened, "b", max_bytes=4) == b"text"
        with pytest.raises(HondoError, match="a in the archive has 1000 bytes; at most 999"):
            read_member(opened, "a", max_bytes=999)


def test_damaged_archives_are_named(packed: Path) -> None:
    content = packed.read_bytes()
    for length in (0, 10, len(content) - 30, len(content) - 1):
        with (
            pytest.raises(HondoError, match=r"^cut is truncated or a damaged ZIP archive"),
            open_archive(io.BytesIO(content[:length]), name="cut"),
        ):
            pass


def test_directories_are_bounded(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_DIRECTORY", 50)
    with pytest.raises(HondoError, match="very many members"), open_archive(packed, name="some.zip"):
        pass


def test_a_checkpoint_that_swells_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "encoder.pth"
    torch.save({"a": torch.zeros(2**20)}, path)
    with zipfile.ZipFile(path) as made:
        members = {name: made.read(name) for name in made.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    for read in (read_tensors, read_module):
        with pytest.raises(HondoError, match="unpacks to many times its size"):
            read(path)


def test_an_npz_of_very_many_arrays_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for number in range(60_000):
            made.writestr(f"{number:050d}.npy", b"")
    with pytest.raises(HondoError, match="very many members"):
        read_depth(file.getvalue())
    np.savez_compressed(file := io.BytesIO(), depth=np.full((3, 4), 2.0))
    assert (read_depth(file.getvalue()) == 2).all()
