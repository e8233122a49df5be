"""ELU spelled out gives what ELU gives."""

import numpy as np
import pytest

from hondo.engines.onnx_elu import spell_out_elu

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


def graph(*alphas: float):
    """ELUs in a row."""
    helper, number = onnx.helper, onnx.TensorProto.FLOAT
    ends = [helper.make_tensor_value_info(name, number, [None]) for name in ("x0", f"x{len(alphas)}")]
    nodes = [
        helper.make_node("Elu", [f"x{at}"], [f"x{at + 1}"], name=f"elu{at}", alpha=alpha)
        for at, alpha in enumerate(alphas)
    ]
    made = helper.make_graph(nodes, "elus", ends[:1], ends[1:])
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def outcome(proto) -> np.ndarray:
    onnx.checker.check_model(proto, full_check=True)
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x0": np.float32([-np.inf, -100, -1, -1e-4, 0, 1e-4, 1, 100, np.inf])})[0]


def test_the_values_are_those_of_elu() -> None:
    proto = graph(1.0, 1.0)
    wanted = outcome(proto)
    assert spell_out_elu(proto) == 2
    assert "Elu" not in {node.op_type for node in proto.graph.node}
    np.testing.assert_allclose(outcome(proto), wanted, rtol=1e-6, atol=1e-6)


def test_elus_of_another_factor_stay() -> None:
    proto = graph(0.5)
    before = proto.SerializeToString()
    assert spell_out_elu(proto) == 0 and proto.SerializeToString() == before
