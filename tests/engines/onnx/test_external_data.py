"""An .onnx file keeps its weights inside, or is refused before ONNX Runtime sees it."""

from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.engines.onnx.external_data import check_no_external_data

onnx = pytest.importorskip("onnx")
NUMBERS = np.arange(6, dtype=np.float32)


def graph(name: str = "main", **parts):
    output = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [6])
    nodes = parts.pop("nodes", [onnx.helper.make_node("Identity", ["w"], ["y"])])
    return onnx.helper.make_graph(nodes, name, [], [output], **parts)


def outside(name: str = "w"):
    tensor = onnx.numpy_helper.from_array(NUMBERS, name)
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "secret.bin"
    return tensor


def branching(inner):
    """A node that holds a graph."""
    condition = onnx.numpy_helper.from_array(np.array(True), "c")
    node = onnx.helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
    return graph(nodes=[node], initializer=[condition])


HIDDEN = {
    "initializer": lambda: graph(initializer=[outside()]),
    "constant": lambda: graph(nodes=[onnx.helper.make_node("Constant", [], ["y"], value=outside())]),
    "branch": lambda: branching(graph("inner", initializer=[outside()])),
    "branch of a branch": lambda: branching(branching(graph("inner", initializer=[outside()]))),
    "sparse": lambda: graph(sparse_initializer=[onnx.helper.make_sparse_tensor(outside(), outside("i"), [9])]),
}


@pytest.mark.parametrize("place", HIDDEN)
def test_weights_in_other_files_are_found(place: str) -> None:
    content = onnx.helper.make_model(HIDDEN[place]()).SerializeToString()
    with pytest.raises(HondoError, match=r"net\.onnx keeps weights in other files"):
        check_no_external_data(content, path=Path("net.onnx"))


def test_weights_inside_pass() -> None:
    inner = graph("inner", initializer=[onnx.numpy_helper.from_array(NUMBERS, "w")])
    for made in (inner, branching(inner)):
        check_no_external_data(onnx.helper.make_model(made).SerializeToString(), path=Path("net.onnx"))


@pytest.mark.parametrize("content", [b"\x3a\xff\xff\x03x", b"\xff" * 20, b"\x3a", b"\x3f\0", b"\x3a\x02\x2a\x05"])
def test_bytes_that_are_no_graph_are_damage(content: bytes) -> None:
    with pytest.raises(HondoError, match=r"net\.onnx is damaged or no ONNX file"):
        check_no_external_data(content, path=Path("net.onnx"))
