"""ONNX Runtime's own: files of others are refused, and a file keeps its precision."""

from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.engines.base.engine import ExportOptions, LoadOptions
from hondo.engines.onnx.engine import ENGINE

pytest.importorskip("onnxscript")
pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def exported(tiny_model, tmp_path_factory) -> Path:
    return ENGINE.export(tiny_model, tmp_path_factory.mktemp("onnx") / "net.onnx")


def test_an_onnx_file_of_others_is_refused(tmp_path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    numbers = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in "xy"]
    graph = onnx.helper.make_graph([onnx.helper.make_node("Abs", ["x"], ["y"])], "g", numbers[:1], numbers[1:])
    stranger = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=9)
    onnx.save_model(stranger, tmp_path / "other.onnx")
    with pytest.raises(HondoError, match=r"other\.onnx: has no hondo metadata"):
        ENGINE.load(tmp_path / "other.onnx")


def test_an_onnx_graph_of_another_form_is_refused_whatever_its_header_says(exported, tmp_path) -> None:
    onnx = pytest.importorskip("onnx")
    path = tmp_path / "other.onnx"
    model = onnx.load(exported)
    model.graph.output.append(model.graph.output[0])
    model.graph.output[1].name = model.graph.node[0].output[0]
    onnx.save_model(model, path)
    with pytest.raises(HondoError, match=r"other\.onnx is damaged: its SHA-256"):
        ENGINE.load(path)


def test_an_onnx_file_of_a_later_opset_is_refused_in_a_few_words(exported, tmp_path) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(exported)
    model.opset_import[0].version = 99
    onnx.save_model(model, tmp_path / "later.onnx")
    with pytest.raises(HondoError, match=r"later\.onnx: ONNX Runtime cannot read it \([^/:]*[Oo]pset"):
        ENGINE.load(tmp_path / "later.onnx")


def test_an_onnx_file_keeps_its_precision(tiny_model, exported, tmp_path) -> None:
    path = ENGINE.export(tiny_model, tmp_path / "net.onnx", ExportOptions(precision="fp16"))
    assert ENGINE.load(path).precision == "fp16"
    with pytest.raises(HondoError, match=r"exported in fp32; export it again with precision=.fp16"):
        ENGINE.load(exported, LoadOptions(precision="fp16"))
