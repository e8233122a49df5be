"""torch.compile: what it refuses. The contract tests compare it with torch."""

import shutil

import pytest

from hondo.core.errors import HondoError
from hondo.engines.base.engine import LoadOptions
from hondo.engines.torch.compile import ENGINE as torch_compile


def test_a_missing_compiler_is_named(tiny_model, monkeypatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(HondoError, match=r"torch-compile needs a C\+\+ compiler.*apt install g\+\+"):
        torch_compile.load(tiny_model, LoadOptions(device="cpu"))


def test_it_has_no_file(tiny_model, tmp_path) -> None:
    with pytest.raises(HondoError, match=r"torch-compile has no file format; export to aot-inductor"):
        torch_compile.export(tiny_model, tmp_path / "x")
