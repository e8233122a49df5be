"""AOTInductor: the same map as torch from a file, and what it refuses."""

import shutil
import zipfile

import numpy as np
import pytest
import torch

import hondo
from hondo.core.errors import HondoError
from hondo.engines.base.engine import ExportOptions, LoadOptions
from hondo.engines.torch import aot_inductor as module
from hondo.engines.torch.aot_inductor import ENGINE, check_machine, read_metadata
from tests.engines.torch.compiled import tiny_package

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler (g++) is here")


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).random((1, 3, 32, 64), dtype=np.float32)


def torch_map(model, image: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return model(torch.from_numpy(image))[0].numpy()


@needs_compiler
@pytest.mark.slow
def test_a_package_stands_alone(tiny_model, image) -> None:
    path = tiny_package()
    predictor = hondo.load(path)
    assert (predictor.engine, predictor.name, predictor.weights_file) == ("aot-inductor", "tiny", path)
    assert predictor.input_spec.fixed and predictor.input_spec.size_hw == (32, 64)
    np.testing.assert_allclose(predictor.run(image), torch_map(tiny_model, image), atol=1e-5)
    with pytest.raises(HondoError, match="not 1x3x16x64"):
        predictor.run(image[:, :, :16])
    with pytest.raises(HondoError, match="exported in fp32"):
        ENGINE.load(path, LoadOptions(precision="bf16"))
    assert '"MIT"' in read_metadata(path)["hondo"]


def test_a_package_of_another_machine_is_refused(tmp_path) -> None:
    path = tmp_path / "net.pt2"
    with pytest.raises(HondoError, match=r"net\.pt2 was compiled for pdp11, this is .*; export it again here"):
        check_machine(path, {"AOTI_MACHINE": "pdp11"}, device_type="cpu")
    with pytest.raises(HondoError, match="was compiled for cuda, this is cpu"):
        check_machine(path, {"AOTI_DEVICE_KEY": "cuda"}, device_type="cpu")


def test_instructions_that_the_processor_lacks_are_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(module._INSTRUCTIONS, "AMX_TILE", lambda: False)
    with pytest.raises(HondoError, match="uses AMX_TILE, which this processor lacks"):
        check_machine(tmp_path / "net.pt2", {"AOTI_CPU_ISA": "AMX_TILE"}, device_type="cpu")


def test_files_that_are_no_packages_are_refused(tmp_path) -> None:
    broken, strange = tmp_path / "broken.pt2", tmp_path / "strange.pt2"
    broken.write_bytes(b"PK")
    with pytest.raises(HondoError, match=r"broken\.pt2: no \.pt2 package"):
        ENGINE.load(broken)
    with zipfile.ZipFile(strange, "w") as archive:
        archive.writestr("x/a_metadata.json", "{}")
    with pytest.raises(HondoError, match=r"strange\.pt2: has no hondo metadata"):
        ENGINE.load(strange)


@needs_compiler
def test_a_compiler_that_fails_is_told_in_one_line(tiny_model, tmp_path, monkeypatch) -> None:
    def fails(*given, **named) -> None:
        raise RuntimeError("cc1plus: a page\n" + "of text " * 100 + "and its end")

    monkeypatch.setattr(torch._inductor, "aoti_compile_and_package", fails)
    with pytest.raises(HondoError, match=r"^AOTInductor cannot compile tiny \(cc1plus: a page .{,300} and its end\)"):
        ENGINE.export(tiny_model, tmp_path / "net.pt2", ExportOptions(device="cpu"))
    assert not list(tmp_path.iterdir())


def test_it_runs_files_only(tiny_model) -> None:
    with pytest.raises(HondoError, match=r"aot-inductor runs \.pt2 files; export tiny to aot-inductor"):
        ENGINE.load(tiny_model)
