"""Matrix products and convolutions of the installed libraries, whose best rate is the peak of a machine.

One library alone does not show it: on AMD processors PyTorch's float32 product reaches less than half of OpenVINO's
rate, and PyTorch's int8 product does not use Intel's AMX.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

CHANNELS, KERNEL = 256, 3  # of the convolution: wide enough for the peak, as small as in networks


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product that is ready to be timed, and its number of multiply-accumulates."""

    call: Callable[[], object]
    macs: int


@dataclass(frozen=True, kw_only=True)
class PeakKernel:
    """One way to multiply. ``make(precision, side, threads)`` gives a product of about side^3 multiply-accumulates."""

    name: str
    packages: tuple[str, ...]
    precisions: tuple[str, ...]
    make: Callable[[str, int, int | None], Product]

    def is_installed(self) -> bool:
        """Whether its packages are here."""
        return all(find_spec(package) is not None for package in self.packages)


def torch_product(precision: str, side: int, threads: int | None = None, *, device: str = "cpu") -> Product:
    """``torch.mm``, and ``torch._int_mm`` for int8. Its threads are those of the process."""
    import torch

    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "int8": torch.int8}[precision]
    left, right = (torch.ones(side, side, dtype=dtype, device=device) for _ in range(2))
    multiply = torch._int_mm if dtype is torch.int8 else torch.mm
    return Product(call=lambda: multiply(left, right.t()), macs=side**3)


def onnx_product(precision: str, side: int, threads: int | None) -> Product:
    """ONNX Runtime's ``MatMul``, and ``MatMulInteger`` (uint8 by int8) for int8."""
    import onnxruntime as ort
    from onnx import TensorProto, helper, numpy_helper

    is_int8 = precision == "int8"
    weight = np.ones((side, side), dtype=np.int8 if is_int8 else np.float32)
    image = np.ones((side, side), dtype=np.uint8 if is_int8 else np.float32)
    takes, gives = (TensorProto.UINT8, TensorProto.INT32) if is_int8 else (TensorProto.FLOAT, TensorProto.FLOAT)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger" if is_int8 else "MatMul", ["x", "w"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", takes, [side, side])],
        [helper.make_tensor_value_info("y", gives, [side, side])],
        [numpy_helper.from_array(weight, "w")],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads or 0  # 0: its own choice
    session = ort.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return Product(call=lambda: session.run(None, {"x": image}), macs=side**3)


def openvino_product(precision: str, side: int, threads: int | None) -> Product:
    """OpenVINO's product of a matrix with constant weights; for int8 both are rounded to 8 bits."""
    from openvino import opset13 as ops

    image = ops.parameter([1, side, side], np.float32)
    weights = _openvino_weights((side, side), precision=precision)
    product = ops.matmul(_rounded(image, precision=precision), weights, False, True)
    return _openvino_call(image, product, precision=precision, threads=threads, macs=side**3)


def openvino_convolution(precision: str, side: int, threads: int | None) -> Product:
    """OpenVINO's 3x3 convolution of a square map with 256 channels; for int8 rounded to 8 bits."""
    from openvino import opset13 as ops

    edge = max(8, round((side**3 / (CHANNELS * KERNEL) ** 2) ** 0.5))
    image = ops.parameter([1, CHANNELS, edge, edge], np.float32)
    weights = _openvino_weights((CHANNELS, CHANNELS, KERNEL, KERNEL), precision=precision)
    pad, ones = [KERNEL // 2] * 2, [1, 1]
    product = ops.convolution(_rounded(image, precision=precision), weights, ones, pad, pad, ones)
    macs = (edge * CHANNELS * KERNEL) ** 2
    return _openvino_call(image, product, precision=precision, threads=threads, macs=macs)


def _rounded(image: Any, *, precision: str) -> Any:
    """The image in 256 steps of 0..1 for int8."""
    from openvino import opset13 as ops

    low, high = np.float32(0), np.float32(1)
    return ops.fake_quantize(image, low, high, low, high, 256) if precision == "int8" else image


def _openvino_weights(shape: tuple[int, ...], *, precision: str) -> Any:
    """Constant weights, which the graph unpacks from 8 bits for int8."""
    from openvino import opset13 as ops

    if precision != "int8":
        return ops.constant(np.ones(shape, dtype=np.float32))
    packed = ops.convert(ops.constant(np.ones(shape, dtype=np.int8)), np.float32)
    return ops.multiply(packed, ops.constant(np.float32(1 / 127)))


def _openvino_call(image: Any, product: Any, *, precision: str, threads: int | None, macs: int) -> Product:
    """Compiles a product. The mean over its rows is what leaves the graph, so that copying the result costs nothing."""
    import openvino as ov
    from openvino import opset13 as ops

    summary = ops.reduce_mean(product, np.array([1]), keep_dims=False)
    hint = {"INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32"}
    config = hint | ({} if threads is None else {"INFERENCE_NUM_THREADS": threads})
    graph = ov.Model([ops.result(summary)], [image])  # pyright: ignore[reportGeneralTypeIssues]
    request = ov.Core().compile_model(graph, "CPU", config).create_infer_request()
    values = np.ones(list(image.shape), dtype=np.float32)
    return Product(call=lambda: request.infer([values], share_inputs=True), macs=macs)


_ALL = ("fp32", "bf16", "int8")
KERNELS = (
    PeakKernel(name="torch.mm", packages=("torch",), precisions=_ALL, make=torch_product),
    PeakKernel(
        name="ONNX Runtime MatMul", packages=("onnxruntime", "onnx"), precisions=("fp32", "int8"), make=onnx_product
    ),
    PeakKernel(name="OpenVINO MatMul", packages=("openvino",), precisions=_ALL, make=openvino_product),
    PeakKernel(name="OpenVINO Convolution", packages=("openvino",), precisions=_ALL, make=openvino_convolution),
)
