"""The ranges of an int8 graph for OpenVINO, as NNCF sets them, and the operations that get none."""

from typing import TYPE_CHECKING

import numpy as np

from hondo.engines.openvino.int8_attention import round_values
from hondo.engines.openvino.symmetric import make_symmetric
from hondo.engines.quantization.calibration import Calibration
from hondo.engines.quantization.validation import nncf_package
from hondo.engines.tracing.graph_inputs import INPUTS, driving

if TYPE_CHECKING:
    import openvino

ATTENTION = ("Softmax", "ScaledDotProductAttention")


def with_ranges(graph: "openvino.Model", images: Calibration, *, estimator: str) -> "openvino.Model":
    """A copy of a float graph that rounds what its layers read. ``estimator``: how ranges follow from the images."""
    with nncf_package() as nncf:
        from nncf.quantization.advanced_parameters import AdvancedQuantizationParameters, QuantizationParameters
        from nncf.quantization.range_estimator import RangeEstimatorParametersSet

        parameters = getattr(RangeEstimatorParametersSet, estimator)
        feeds = [feed(graph, image) for image in images]
        quantised = nncf.quantize(
            graph,
            nncf.Dataset(feeds),
            subset_size=len(images),
            preset=nncf.QuantizationPreset.MIXED,
            model_type=nncf.ModelType.TRANSFORMER if attends(graph) else None,
            ignored_scope=nncf.IgnoredScope(names=single_channels(graph) + small(graph), validate=False),
            advanced_parameters=AdvancedQuantizationParameters(
                activations_range_estimator_params=parameters,
                # NNCF gives depthwise convolutions a range a channel, which OpenVINO computes in float
                activations_quantization_params=QuantizationParameters(per_channel=False),
            ),
        )
    make_symmetric(quantised)
    round_values(quantised, graph, feeds)
    return quantised


def feed(graph: "openvino.Model", image: np.ndarray) -> dict[str, np.ndarray]:
    """All that a graph of fixed size takes, by name, with made-up frames before the image."""
    return dict(zip(INPUTS, driving(image, num_previous=num_previous_of(graph)), strict=False))


def num_previous_of(graph: "openvino.Model") -> int:
    """How many earlier frames a graph of fixed size takes."""
    return graph.input(INPUTS[1]).get_shape()[1] if len(graph.inputs) > 1 else 0


def attends(graph: "openvino.Model") -> bool:
    """Whether it is a transformer, at least in part: the sums of its residual connections then stay in float.

    Those of a convolutional network are rounded too: OpenVINO adds them up where the convolution writes its result.
    """
    return any(op.get_type_name() in ATTENTION for op in graph.get_ops())


def single_channels(graph: "openvino.Model") -> list[str]:
    """Convolutions of maps of one channel, as those that resize depth: int8 saves nothing there, and costs accuracy."""
    return [
        op.get_friendly_name()
        for op in graph.get_ordered_ops()
        if op.get_type_name() == "Convolution" and op.input_value(1).get_shape()[1] == 1
    ]


def small(graph: "openvino.Model") -> list[str]:
    """What takes no time, but whose errors all pixels suffer from: convolutions of maps of one pixel, as in
    squeeze-and-excitation, and products of a single row, as AdaBins' mean of bins by their probabilities."""
    return [
        op.get_friendly_name()
        for op in graph.get_ordered_ops()
        if (op.get_type_name() == "Convolution" and list(op.get_output_shape(0)[2:]) == [1, 1])
        or (op.get_type_name() == "MatMul" and list(op.get_output_shape(0)[-2:-1]) == [1])
    ]
