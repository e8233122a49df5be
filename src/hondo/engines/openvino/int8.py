"""int8 graphs for OpenVINO: NNCF sets the quantization ranges, and the sensitivity search keeps layers in float."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from hondo.core.types import DepthKind
from hondo.engines.base.metadata import Int8Facts
from hondo.engines.base.predictor import Run
from hondo.engines.openvino.decompose import decompose
from hondo.engines.openvino.quantized_layers import layer_costs, layers_of, with_float
from hondo.engines.openvino.range_placement import move_quantizers_before_layouts
from hondo.engines.openvino.ranges import nncf_package, single_channels, with_ranges
from hondo.engines.openvino.runtime import int8_runner
from hondo.engines.quantization.calibration import QuantizationOptions
from hondo.engines.quantization.sensitivity_search import search_float_layers
from hondo.engines.quantization.validation import Validation
from hondo.engines.tracing.graph_inputs import driving_run

if TYPE_CHECKING:
    import openvino


def quantize(
    graph: "openvino.Model",
    *,
    modules: Mapping[str, str],
    kind: DepthKind,
    num_previous: int,
    options: QuantizationOptions,
) -> tuple["openvino.Model", Int8Facts]:
    """The int8 graph of a float graph of fixed size. ``modules``: the module that each traced operation came from."""
    decompose(graph)
    run_of = partial(_run_of, num_previous=num_previous)
    validation = Validation.of(run_of(graph, "fp32"), options.calibration, kind=kind)
    ranged = partial(with_ranges, graph, options.calibration.range_images, num_previous=num_previous)
    quantized = best_ranges(ranged, run_of, validation=validation, options=options)
    layers = layers_of(quantized, modules)

    def build(kept: Iterable[str]) -> "openvino.Model":
        mixed = with_float(quantized, graph, [name for layer in kept for name in layers[layer]])
        move_quantizers_before_layouts(mixed)
        return mixed

    facts = search_float_layers(
        layer_costs(quantized, layers),
        lambda kept, float_precision: run_of(build(kept), float_precision),
        validation=validation,
        options=options,
        float_precisions=("bf16", "fp32"),
    )
    return build(facts.kept), facts


def best_ranges(
    ranged: Callable[..., "openvino.Model"],
    run_of: Callable[["openvino.Model", str], Run],
    *,
    validation: Validation,
    options: QuantizationOptions,
) -> "openvino.Model":
    """The graph with the quantization ranges that give the lowest error. ``ranged(estimator=...)`` makes one.

    Ranges from the lowest to the highest value suit most networks. Where they leave more than the allowed error, the
    mean of the images' ranges is tried too; it cuts off what few images have, so all validation images are used.
    """
    candidates: dict[float, openvino.Model] = {}
    for estimator in ("MINMAX", "MEAN_MINMAX"):
        quantized = ranged(estimator=estimator)
        candidates[validation.abs_rel_error(run_of(quantized, "fp32"))] = quantized
        if min(candidates) <= options.max_abs_rel_error:
            break
    return candidates[min(candidates)]


def with_int8_weights(graph: "openvino.Model") -> "openvino.Model":
    """The graph with the weights of its matrices and convolutions in int8; computed in float as before."""
    with nncf_package() as nncf:
        in_float = nncf.IgnoredScope(names=_strided_points(graph) + single_channels(graph), validate=False)
        return nncf.compress_weights(graph, mode=nncf.CompressWeightsMode.INT8_SYM, ignored_scope=in_float)


def store_weights_in_int8(graph: "openvino.Model") -> None:
    """Stores, in place, weights that a quantizer rounds as the integers that it makes of them."""
    from openvino import _offline_transformations as offline

    offline.apply_moc_transformations(graph, cf=False)  # the ranges of the quantizers become constants
    offline.compress_quantize_weights_transformation(graph)


def _strided_points(graph: "openvino.Model") -> list[str]:
    """1x1 convolutions with a stride or padding: with integer weights OpenVINO 2026.4 takes them for matrix products of
    every pixel, and then cannot compile what follows."""
    return [
        op.get_friendly_name()
        for op in graph.get_ordered_ops()
        if op.get_type_name() == "Convolution"
        and list(op.input_value(1).get_shape()[2:]) == [1, 1]
        and (max(op.get_attributes()["strides"]) > 1 or _pads(op))
    ]


def _pads(op: "openvino.Node") -> bool:
    attributes = op.get_attributes()
    return any(attributes["pads_begin"]) or any(attributes["pads_end"])


def _run_of(graph: "openvino.Model", float_precision: str, *, num_previous: int = 0) -> Run:
    """Runs a graph on the CPU, its float part in this precision."""
    return driving_run(int8_runner(graph, float_precision=float_precision), num_previous=num_previous)
