"""OpenVINO's own: a file in float runs in the precision that it names, or in another that is asked for."""

import pytest

from hondo.core.errors import HondoError
from hondo.engines.base.engine import ExportOptions, LoadOptions
from hondo.engines.openvino.engine import ENGINE

pytest.importorskip("openvino")


def test_bf16_files_run_in_bf16(tiny_model, tmp_path) -> None:
    predictor = ENGINE.load(ENGINE.export(tiny_model, tmp_path / "net.xml", ExportOptions(precision="bf16")))
    assert predictor.precision == "bf16"


def test_a_float_file_runs_in_another_float_precision_but_not_in_int8(tiny_model, tmp_path) -> None:
    path = ENGINE.export(tiny_model, tmp_path / "net.xml")
    assert ENGINE.load(path, LoadOptions(precision="bf16")).precision == "bf16"
    with pytest.raises(HondoError, match=r"exported in fp32; export it again with precision=.int8"):
        ENGINE.load(path, LoadOptions(precision="int8"))


def test_a_network_that_openvino_cannot_convert_is_one_line(tiny_model, tmp_path, monkeypatch) -> None:
    def convert_model(program):
        raise RuntimeError("FrontEnd API failed:\nNo conversion rule found for operations: aten.x\n")

    monkeypatch.setattr(pytest.importorskip("openvino"), "convert_model", convert_model)
    with pytest.raises(
        HondoError, match=r"OpenVINO cannot convert the network .*for operations: aten.x.*another engine"
    ):
        ENGINE.export(tiny_model, tmp_path / "net.xml")
