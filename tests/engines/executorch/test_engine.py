"""ExecuTorch: the same map as torch, files that stand alone, what is refused. Real programs where it is installed."""

import sys

import numpy as np
import pytest
import torch
from torch import nn

import hondo
from hondo.core.errors import HondoError
from hondo.engines.base.engine import ExportOptions, LoadOptions
from hondo.engines.executorch.engine import ENGINE as executorch_pte
from hondo.engines.executorch.engine import to_contiguous_format
from hondo.engines.tracing.export_graph import silent

IMAGE = np.random.default_rng(0).random((1, 3, 32, 64), dtype=np.float32)


def torch_map(model, image: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return model(torch.from_numpy(image))[0].numpy()


@pytest.fixture(scope="module")
def exported(tiny_model, tmp_path_factory):
    pytest.importorskip("executorch", reason="ExecuTorch is not installed")
    return executorch_pte.export(tiny_model, tmp_path_factory.mktemp("pte") / "net.pte", ExportOptions(licence="MIT"))


def test_a_file_stands_alone_and_gives_torchs_map(tiny_model, exported) -> None:
    predictor = hondo.load(exported)
    assert (predictor.engine, predictor.name, predictor.kind) == ("executorch", "tiny", tiny_model.kind)
    assert predictor.input_spec.fixed and predictor.input_spec.size_hw == (32, 64)
    given = predictor.run(IMAGE)
    kept = given.copy()
    np.testing.assert_allclose(given, torch_map(tiny_model, IMAGE), atol=1e-5)
    predictor.run(1 - IMAGE)
    np.testing.assert_array_equal(given, kept)  # the map is the caller's own


def test_a_file_refuses_another_size_and_precision(exported) -> None:
    with pytest.raises(HondoError, match=r"1x3x32x64, not 1x3x16x64"):
        hondo.load(exported).run(IMAGE[:, :, :16])
    with pytest.raises(HondoError, match=r"exported in fp32; export it again with precision=.fp16"):
        hondo.load(exported, precision="fp16")


def test_half_precision_is_close(tiny_model, tmp_path) -> None:
    pytest.importorskip("executorch", reason="ExecuTorch is not installed")
    path = executorch_pte.export(tiny_model, tmp_path / "half.pte", ExportOptions(precision="fp16"))
    predictor = hondo.load(path)
    assert predictor.precision == "fp16"
    np.testing.assert_allclose(predictor.run(IMAGE), torch_map(tiny_model, IMAGE), rtol=0.02)


def test_a_served_model_takes_any_size(tiny_model) -> None:
    pytest.importorskip("executorch", reason="ExecuTorch is not installed")
    predictor = executorch_pte.load(tiny_model, LoadOptions(threads=1))
    for image in (IMAGE, IMAGE[:, :, :16].repeat(2, axis=0)):
        np.testing.assert_allclose(predictor.run(image), torch_map(tiny_model, image), atol=1e-5)


def test_files_of_others_and_damaged_ones_are_refused(exported, tmp_path) -> None:
    with silent():
        from executorch.exir import to_edge_transform_and_lower

    stranger, broken = tmp_path / "other.pte", tmp_path / "broken.pte"
    program = torch.export.export(nn.ReLU(), (torch.zeros(1, 3, 4, 4),))
    with silent():
        stranger.write_bytes(to_edge_transform_and_lower(program).to_executorch().buffer)
    with pytest.raises(HondoError, match=r"other\.pte: has no hondo metadata"):
        hondo.load(stranger)
    broken.write_bytes(exported.read_bytes()[:1000])
    with pytest.raises(HondoError, match=r"broken\.pte: ExecuTorch cannot (read|prepare) it"):
        hondo.load(broken)


def test_maps_are_laid_out_plainly(tiny_model) -> None:
    class Last(nn.Module):
        def forward(self, image):
            return image.contiguous(memory_format=torch.channels_last) + 1

    program = torch.export.export(Last(), (torch.zeros(1, 3, 4, 4),))
    to_contiguous_format(program)
    assert program.module()(torch.zeros(1, 3, 4, 4)).is_contiguous()


def test_wrong_use_is_named(tiny_model, tmp_path, monkeypatch) -> None:
    with pytest.raises(HondoError, match="files have one input size; leave out dynamic=True"):
        executorch_pte.export(tiny_model, tmp_path / "net.pte", ExportOptions(dynamic=True))
    with pytest.raises(HondoError, match="device 'cuda' is unknown to executorch; use one of: auto, cpu"):
        executorch_pte.load(tiny_model, LoadOptions(device="cuda"))
    with pytest.raises(HondoError, match="'bf16' is not offered by executorch"):
        executorch_pte.load(tiny_model, LoadOptions(precision="bf16"))
    monkeypatch.setitem(sys.modules, "executorch", None)
    monkeypatch.delitem(sys.modules, "executorch.exir", raising=False)
    with pytest.raises(HondoError, match=r"executorch is not installed.*hondo\[executorch\]"):
        executorch_pte.export(tiny_model, tmp_path / "net.pte")
