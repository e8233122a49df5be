"""int8 graphs for OpenVINO: NNCF sets the ranges, the sensitivity search says which layers stay in float."""

from collections.abc import Iterable, Mapping
from math import prod
from typing import TYPE_CHECKING

from hondo.core.types import DepthKind
from hondo.engines.base.metadata import Int8Facts
from hondo.engines.base.predictor import Run
from hondo.engines.openvino.early_rounding import round_early
from hondo.engines.openvino.int8_attention import VALUES, decompose_attention, mixes_values
from hondo.engines.openvino.ranges import num_previous_of, single_channels, with_ranges
from hondo.engines.openvino.runtime import compile_graph, openvino_package, runner, settings
from hondo.engines.quantization.validation import STATIC, Quantising, Validation, choose_layers, nncf_package, work
from hondo.engines.tracing.graph_inputs import driving_run

if TYPE_CHECKING:
    import openvino

QUANTISER = "FakeQuantize"
DECOMPRESSION = ("Convert", "Subtract", "Multiply")


def quantise(
    graph: "openvino.Model", *, paths: Mapping[str, str], kind: DepthKind, quantising: Quantising
) -> tuple["openvino.Model", Int8Facts]:
    """The int8 graph of a float one of fixed size. ``paths``: the module that each traced operation came from."""
    _decompose_group_norms(graph)
    decompose_attention(graph)
    _fold_constants(graph)
    validation = Validation.of(_running(graph, "fp32"), quantising.calibration, kind=kind)
    quantised = closest(graph, validation=validation, quantising=quantising)
    layers, there = layers_of(quantised, paths), _by_name(quantised)

    def made(kept: Iterable[str]) -> "openvino.Model":
        mixed = with_float(quantised, graph, [name for layer in kept for name in layers[layer]])
        round_early(mixed)
        return mixed

    facts = choose_layers(
        {layer: sum(work_of(there[name]) for name in names) for layer, names in layers.items()},
        lambda kept, float_precision: _running(made(kept), float_precision),
        validation=validation,
        quantising=quantising,
        besides=("bf16", "fp32"),
    )
    return made(facts.kept), facts


def with_int8_weights(graph: "openvino.Model") -> "openvino.Model":
    """The graph with the weights of its matrices and convolutions in int8; computed in float as before."""
    with nncf_package() as nncf:
        spared = nncf.IgnoredScope(names=_no_plain_points(graph) + single_channels(graph), validate=False)
        return nncf.compress_weights(graph, mode=nncf.CompressWeightsMode.INT8_SYM, ignored_scope=spared)


def _no_plain_points(graph: "openvino.Model") -> list[str]:
    """Convolutions of 1x1 that step over pixels or pad: OpenVINO 2026.4 takes those with whole weights for matrix
    products of every pixel, and then cannot compile what comes after them."""
    return [
        op.get_friendly_name()
        for op in graph.get_ordered_ops()
        if op.get_type_name() == "Convolution"
        and list(op.input_value(1).get_shape()[2:]) == [1, 1]
        and (max(op.get_attributes()["strides"]) > 1 or any(map(any, _pads(op))))
    ]


def _pads(op: "openvino.Node") -> list[list[int]]:
    how = op.get_attributes()
    return [list(how["pads_begin"]), list(how["pads_end"])]


def layers_of(quantised: "openvino.Model", paths: Mapping[str, str]) -> dict[str, list[str]]:
    """The operations that take int8, by the module they belong to: their own, or that of the next one that knows."""
    layers: dict[str, list[str]] = {}
    for op in quantised.get_ordered_ops():
        if not _is_rounded(op) and any(map(_is_rounded, _sources(op))):
            path = _path(op, paths) + (VALUES if mixes_values(op) else "")
            layers.setdefault(path, []).append(op.get_friendly_name())
    return layers


def with_float(quantised: "openvino.Model", graph: "openvino.Model", names: Iterable[str]) -> "openvino.Model":
    """A copy in which the named operations take what they take in the float graph, their biases as they were."""
    copied = quantised.clone()
    there, original = _by_name(copied), _by_name(graph)
    for name in names:
        _take_inputs(there[name], original[name], there)
        for reader in _readers(original[name]):
            if reader.get_type_name() == "Add" and reader.get_friendly_name() in there:  # NNCF corrects biases
                _take_constants(there[reader.get_friendly_name()], reader)
    copied.validate_nodes_and_infer_types()
    return copied


def _take_inputs(op: "openvino.Node", original: "openvino.Node", there: Mapping[str, "openvino.Node"]) -> None:
    _take_constants(op, original)
    for mine, source in zip(op.inputs(), original.input_values(), strict=True):
        node = source.get_node()
        if node.get_type_name() != "Constant":
            mine.replace_source_output(there[node.get_friendly_name()].output(source.get_index()))


def _take_constants(op: "openvino.Node", original: "openvino.Node") -> None:
    ops = openvino_package().opset13
    for mine, source in zip(op.inputs(), original.input_values(), strict=True):
        if source.get_node().get_type_name() == "Constant":
            mine.replace_source_output(ops.constant(source.get_node().data).output(0))


def closest(graph: "openvino.Model", *, validation: Validation, quantising: Quantising) -> "openvino.Model":
    """The int8 graph by the ranges that are closest to the float one: those that hold all values, which are right for
    most networks, or, where these leave more than the allowed drop, the mean of the images' ranges. The mean cuts off
    what few images have, so all that judge are asked."""
    ranges, _ = quantising.calibration.split()
    made: dict[float, openvino.Model] = {}
    for estimator in ("MINMAX", "MEAN_MINMAX"):
        quantised = with_ranges(graph, ranges, estimator=estimator)
        made[validation.drop(_running(quantised, "fp32"))] = quantised
        if min(made) <= quantising.max_drop:
            break
    return made[min(made)]


def _decompose_group_norms(graph: "openvino.Model") -> None:
    """Each group normalisation as the operations that it stands for: OpenVINO 2026.4 ends the process as it fuses some
    of them, and NNCF compiles the graph in ways that cannot be told not to (see ``compile_graph``)."""
    ops = openvino_package().opset13
    for op in graph.get_ordered_ops():
        if op.get_type_name() != "GroupNormalization":
            continue
        value, scale, bias = op.input_values()
        shape, how = list(value.get_shape()), op.get_attributes()
        per_channel = [1, shape[1]] + [1] * (len(shape) - 2)
        groups = ops.reshape(value, [shape[0], how["num_groups"], -1], False)
        normed = ops.reshape(ops.mvn(groups, [2], True, how["epsilon"], "INSIDE_SQRT"), shape, False)
        scaled = ops.multiply(normed, ops.reshape(scale, per_channel, False))
        result = ops.add(scaled, ops.reshape(bias, per_channel, False))
        for reader in op.output(0).get_target_inputs():
            reader.replace_source_output(result.output(0))
        result.set_friendly_name(op.get_friendly_name())


def _fold_constants(graph: "openvino.Model") -> None:
    """Weights become plain constants."""
    from openvino.passes import ConstantFolding, Manager

    folding = Manager()
    folding.register_pass(ConstantFolding())
    folding.run_passes(graph)


def _running(graph: "openvino.Model", float_precision: str) -> Run:
    config = settings("CPU", precision=STATIC, threads=None, float_precision=float_precision)
    return driving_run(runner(compile_graph(graph, "CPU", config)), num_previous=num_previous_of(graph))


def _path(op: "openvino.Node", paths: Mapping[str, str]) -> str:
    """The module of an operation; of those that a converter fused the module of the nearest reader with a name."""
    seen, waiting = set(), [op]
    while waiting:
        node = waiting.pop(0)
        name = node.get_friendly_name()
        found = paths.get(name.split("/")[0])
        if found is not None:
            return found
        seen.add(name)
        waiting += [reader for reader in _readers(node) if reader.get_friendly_name() not in seen]
    return op.get_friendly_name()


def _is_rounded(op: "openvino.Node") -> bool:
    """A quantiser, or what NNCF makes of one on a weight: whole numbers that are converted and scaled."""
    return op.get_type_name() == QUANTISER or (op.get_type_name() != "Constant" and _is_from_whole(op))


def _is_from_whole(op: "openvino.Node") -> bool:
    if op.get_type_name() in DECOMPRESSION:
        return _is_from_whole(op.input_value(0).get_node())
    return op.get_type_name() == "Constant" and op.get_element_type().get_type_name() in ("i8", "u8")


def _sources(op: "openvino.Node") -> list["openvino.Node"]:
    return [value.get_node() for value in op.input_values()]


def _readers(op: "openvino.Node") -> list["openvino.Node"]:
    return [taken.get_node() for output in op.outputs() for taken in output.get_target_inputs()]


def _by_name(graph: "openvino.Model") -> dict[str, "openvino.Node"]:
    return {op.get_friendly_name(): op for op in graph.get_ordered_ops()}


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
