"""OpenVINO files in bf16."""

import pytest

from hondo.engines.registry import ENGINES


def test_bf16_files_run_in_bf16(tiny_model, tmp_path) -> None:
    pytest.importorskip("openvino")
    module = ENGINES["openvino_ir"]
    predictor = module.load(module.export(tiny_model, tmp_path / "net.xml", precision="bf16"))
    assert predictor.precision == "bf16"
