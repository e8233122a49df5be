"""TensorRT's rules without TensorRT: hondo's exports keep them, and each broken rule is named."""

import pytest

from hondo.core.errors import HondoError
from hondo.engines.base.engine import ExportOptions
from hondo.engines.tensorrt.onnx_rules import check_for_tensorrt, problems_for_tensorrt

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
helper, numbers = onnx.helper, onnx.TensorProto


def graph(
    *, operator="Relu", opset=18, shape=(1, 3, 8, 8), out=(1, 1, 8, 8), kind=numbers.FLOAT, domain="", **settings
):
    """One operator from image to depth."""
    given, made = (helper.make_tensor_value_info(name, kind, size) for name, size in (("image", shape), ("depth", out)))
    node = helper.make_node(operator, ["image"], ["depth"], domain=domain, **settings)
    opsets = [helper.make_opsetid("", opset), *([helper.make_opsetid(domain, 1)] if domain else [])]
    return helper.make_model(
        helper.make_graph([node], "g", [given], [made]), opset_imports=opsets, ir_version=9
    ).SerializeToString()


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_what_hondo_exports_is_taken(tiny_model, tmp_path, dynamic, precision) -> None:
    from hondo.engines.onnx.engine import ENGINE as onnx_runtime

    path = onnx_runtime.export(tiny_model, tmp_path / "net.onnx", ExportOptions(precision=precision, dynamic=dynamic))
    assert problems_for_tensorrt(path.read_bytes()) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (graph(opset=25), "opset 25 is newer"),
        (graph(operator="Unique"), "no operator Unique"),
        (graph(shape=(1, "c", 8, 8)), "channels of 'image' are not fixed"),
        (graph(shape=(1, 4, 8, 8)), "'image' has 4 channels, not 3"),
        (graph(out=(1, 1000)), "'depth' has 2 axes, not 4"),
        (graph(kind=numbers.DOUBLE), "no type DOUBLE"),
        (graph(operator="FusedConv", domain="com.microsoft"), "domain com.microsoft"),
        (graph(operator="NoSuchThing"), "no valid ONNX graph"),
    ],
)
def test_each_broken_rule_is_named(content, said) -> None:
    assert any(said in problem for problem in problems_for_tensorrt(content))
    with pytest.raises(HondoError, match="m: TensorRT does not take this graph"):
        check_for_tensorrt(content, name="m")


def test_free_batch_height_and_width_are_allowed() -> None:
    assert problems_for_tensorrt(graph(operator="ReduceMean", shape=("b", 3, "h", "w"), out=("b", 1, "h", "w"))) == []
