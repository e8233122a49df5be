"""What an operation of an OpenVINO graph of fixed size computes, reads and writes: what int8 makes cheaper."""

from math import prod
from typing import TYPE_CHECKING

from hondo.engines.quantising import work

if TYPE_CHECKING:
    import openvino


def work_of(op: "openvino.Node") -> float:
    """In multiply-accumulates, see ``work``."""
    return work(macs=macs(op), values=sum(prod(value.get_shape()) for value in [*op.input_values(), *op.outputs()]))


def macs(op: "openvino.Node") -> int:
    """Multiply-accumulates of a convolution or a matrix product; nothing else has any."""
    kind = op.get_type_name()
    if kind == "MatMul":
        return prod(op.get_output_shape(0)) * op.get_input_shape(0)[-2 if op.get_attributes()["transpose_a"] else -1]
    if "Convolution" not in kind:
        return 0
    _, inner, *kernel = list(op.get_input_shape(1))[1 if kind.startswith("Group") else 0 :]
    # the weight of a transposed one is in out h w, and every value that it reads meets all of it
    met = op.get_input_shape(0) if kind.endswith("BackpropData") else op.get_output_shape(0)
    return prod(met) * inner * prod(kernel)
