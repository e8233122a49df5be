"""ELU between whole numbers, in cheaper operations: ONNX Runtime has none in int8, and is slow at the float one."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import onnx

ZERO, ONE = "elu.zero", "elu.one"


def spell_out_elu(proto: "onnx.ModelProto") -> int:
    """Replaces, in place, each ELU (of factor 1) by max(x, exp(min(x, 0)) - 1), its equal; how many there were."""
    from onnx import numpy_helper

    nodes = list(proto.graph.node)
    found = {node.name for node in nodes if is_elu(node)}
    if found:
        numbers = (numpy_helper.from_array(np.array(value, np.float32), name) for name, value in ((ZERO, 0), (ONE, 1)))
        proto.graph.initializer.extend(numbers)
        del proto.graph.node[:]
        for node in nodes:
            proto.graph.node.extend(_spelled_out(node) if node.name in found else [node])
    return len(found)


def is_elu(node: "onnx.NodeProto") -> bool:
    return node.op_type == "Elu" and all(each.f == 1 for each in node.attribute if each.name == "alpha")


def _spelled_out(elu: "onnx.NodeProto") -> "list[onnx.NodeProto]":
    from onnx import helper

    (x,), (y,), name = elu.input, elu.output, elu.name
    steps = [("Min", [x, ZERO], "low"), ("Exp", ["low"], "exp"), ("Sub", ["exp", ONE], "less"), ("Max", [x, "less"], y)]
    inner = {"low", "exp", "less"}
    named = lambda value: f"{name}.{value}" if value in inner else value  # noqa: E731
    return [
        helper.make_node(kind, [named(value) for value in inputs], [named(output)], name=f"{name}.{kind.lower()}")
        for kind, inputs, output in steps
    ]
