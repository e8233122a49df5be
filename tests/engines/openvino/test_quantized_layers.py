"""The cost of operations is counted on the graph itself, and agrees with the count on the torch model."""

import pytest

from hondo.engines.openvino.graph import convert_model
from hondo.engines.openvino.quantized_layers import cost_of, macs
from hondo.engines.quantization.sensitivity_search import MACS_PER_VALUE
from hondo.models.base.macs import count_macs
from tests.engines.quantization.every_product import SIZE, build_every_product

pytest.importorskip("openvino")


def test_openvino_graphs() -> None:
    model = build_every_product()
    graph = convert_model(model, (1, 3, *SIZE))
    computed = [op for op in graph.get_ordered_ops() if op.get_type_name() not in ("Constant", "Parameter", "Result")]
    assert sum(map(macs, computed)) == count_macs(model)
    last = next(op for op in reversed(computed) if op.get_type_name() == "Convolution")
    values = (4 + 2) * 32 * 48 + 4 * 2 * 9
    assert cost_of(last) == 4 * 2 * 9 * 32 * 48 + MACS_PER_VALUE * values
