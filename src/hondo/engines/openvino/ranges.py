"""The quantization ranges of an int8 graph, as NNCF sets them, and the operations that get none."""

import contextlib
import io
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from hondo.core.errors import MissingExtraError
from hondo.engines.openvino.attention_ranges import quantize_attention_values, symmetric_range
from hondo.engines.quantization.calibration import Calibration
from hondo.engines.tracing.export_graph import quiet
from hondo.engines.tracing.graph_inputs import INPUTS, driving

if TYPE_CHECKING:
    import openvino

ATTENTION = ("Softmax", "ScaledDotProductAttention")
# What may stand between a range and the operation that reads it.
PASSING = ("Concat", "Pad", "Reshape", "Slice", "StridedSlice", "Transpose")


def with_ranges(graph: "openvino.Model", images: Calibration, *, estimator: str, num_previous: int) -> "openvino.Model":
    """A copy of a float graph that quantizes what its layers read.

    ``estimator``: how a range follows from the images, an entry of NNCF's RangeEstimatorParametersSet.
    """
    with nncf_package() as nncf:
        from nncf.quantization.advanced_parameters import AdvancedQuantizationParameters, QuantizationParameters
        from nncf.quantization.range_estimator import RangeEstimatorParametersSet

        parameters = getattr(RangeEstimatorParametersSet, estimator)
        feeds = [dict(zip(INPUTS, driving(image, num_previous=num_previous), strict=False)) for image in images]
        quantized = nncf.quantize(
            graph,
            nncf.Dataset(feeds),
            subset_size=len(images),
            preset=nncf.QuantizationPreset.MIXED,
            model_type=nncf.ModelType.TRANSFORMER if has_attention(graph) else None,
            ignored_scope=nncf.IgnoredScope(names=single_channels(graph) + small(graph), validate=False),
            advanced_parameters=AdvancedQuantizationParameters(
                activations_range_estimator_params=parameters,
                # NNCF gives depthwise convolutions a range per channel, which OpenVINO computes in float
                activations_quantization_params=QuantizationParameters(per_channel=False),
            ),
        )
    make_symmetric(quantized)
    quantize_attention_values(quantized, graph, feeds)
    return quantized


@contextmanager
def nncf_package() -> Iterator:
    """NNCF, without its progress bars, advice and telemetry; or what to install."""
    os.environ.setdefault("NNCF_CI", "1")  # its switch against telemetry
    try:
        with quiet():
            import nncf
    except ImportError as error:
        raise MissingExtraError("nncf", extra="quantize") from error
    nncf.set_log_level(logging.ERROR)
    with quiet(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield nncf


def has_attention(graph: "openvino.Model") -> bool:
    """Whether the graph holds attention: the sums of its residual connections then stay in float.

    Those of a convolutional network are quantized too: OpenVINO adds them where the convolution writes its result.
    """
    return any(op.get_type_name() in ATTENTION for op in graph.get_ops())


def single_channels(graph: "openvino.Model") -> list[str]:
    """Convolutions of single-channel maps, as those that resize depth: int8 saves nothing there, but costs accuracy."""
    return [
        op.get_friendly_name()
        for op in graph.get_ordered_ops()
        if op.get_type_name() == "Convolution" and op.input_value(1).get_shape()[1] == 1
    ]


def small(graph: "openvino.Model") -> list[str]:
    """Operations that take no time but whose error affects all pixels: convolutions of maps of one pixel, as in
    squeeze-and-excitation, and matrix products of one row, as AdaBins' mean of the bins weighted by probabilities."""
    return [
        op.get_friendly_name()
        for op in graph.get_ordered_ops()
        if (op.get_type_name() == "Convolution" and list(op.get_output_shape(0)[2:]) == [1, 1])
        or (op.get_type_name() == "MatMul" and list(op.get_output_shape(0)[-2:-1]) == [1])
    ]


def make_symmetric(graph: "openvino.Model") -> int:
    """Widens, in place, the signed ranges that transposed convolutions read to symmetric ones; how many were changed.

    With any other zero point OpenVINO computes these convolutions in float.
    """
    ranges: dict[str, openvino.Node] = {}
    for op in graph.get_ops():
        if op.get_type_name() == "ConvolutionBackpropData":
            ranges |= {each.get_friendly_name(): each for each in _ranges_before(op.input_value(0).get_node())}
    return sum(_widen(each) for each in ranges.values())


def _ranges_before(op: "openvino.Node") -> "list[openvino.Node]":
    if op.get_type_name() == "FakeQuantize":
        return [op]
    sources = [value.get_node() for value in op.input_values()] if op.get_type_name() in PASSING else []
    return [each for source in sources for each in _ranges_before(source)]


def _widen(quantizer: "openvino.Node") -> bool:
    """Unsigned ranges, those of a ReLU, stay as they are."""
    from openvino import opset13 as ops

    low, high = (np.asarray(quantizer.input_value(index).get_node().data) for index in (1, 2))
    if (low >= 0).all():
        return False
    for index, ends in zip((1, 2, 3, 4), 2 * symmetric_range(low, high), strict=True):
        quantizer.input(index).replace_source_output(ops.constant(ends).output(0))
    return True
