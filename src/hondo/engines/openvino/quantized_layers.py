"""The layers of a quantized graph: which operations each holds, what they cost, and how they get float inputs back."""

from collections.abc import Iterable, Mapping
from math import prod
from typing import TYPE_CHECKING

from hondo.engines.openvino.attention_ranges import VALUES, is_attention_product
from hondo.engines.quantization.sensitivity_search import operation_cost

if TYPE_CHECKING:
    import openvino

QUANTIZER = "FakeQuantize"
DECOMPRESSION = ("Convert", "Subtract", "Multiply")


def layers_of(quantized: "openvino.Model", modules: Mapping[str, str]) -> dict[str, list[str]]:
    """The operations with int8 inputs, by the module they belong to: their own, or that of the next known operation.

    ``modules``: the module that each traced operation came from.
    """
    layers: dict[str, list[str]] = {}
    for op in quantized.get_ordered_ops():
        if not _is_quantized(op) and any(_is_quantized(value.get_node()) for value in op.input_values()):
            module = _module_of(op, modules) + (VALUES if is_attention_product(op) else "")
            layers.setdefault(module, []).append(op.get_friendly_name())
    return layers


def layer_costs(quantized: "openvino.Model", layers: Mapping[str, Iterable[str]]) -> dict[str, float]:
    """The cost of each layer, in multiply-accumulates."""
    by_name = _by_name(quantized)
    return {layer: sum(cost_of(by_name[name]) for name in names) for layer, names in layers.items()}


def with_float(quantized: "openvino.Model", graph: "openvino.Model", names: Iterable[str]) -> "openvino.Model":
    """A copy in which the named operations read what they read in the float graph, with their biases of before."""
    copied = quantized.clone()
    by_name, original = _by_name(copied), _by_name(graph)
    for name in names:
        _restore_inputs(by_name[name], original[name], by_name)
        for reader in _readers(original[name]):
            if reader.get_type_name() == "Add" and reader.get_friendly_name() in by_name:  # NNCF corrects biases
                _restore_constants(by_name[reader.get_friendly_name()], reader)
    copied.validate_nodes_and_infer_types()
    return copied


def cost_of(op: "openvino.Node") -> float:
    """The cost of an operation, in multiply-accumulates."""
    values = sum(prod(value.get_shape()) for value in [*op.input_values(), *op.outputs()])
    return operation_cost(macs=macs(op), values=values)


def macs(op: "openvino.Node") -> int:
    """Multiply-accumulates of a convolution or a matrix product; nothing else has any."""
    kind = op.get_type_name()
    if kind == "MatMul":
        return prod(op.get_output_shape(0)) * op.get_input_shape(0)[-2 if op.get_attributes()["transpose_a"] else -1]
    if "Convolution" not in kind:
        return 0
    _, inner, *kernel = list(op.get_input_shape(1))[1 if kind.startswith("Group") else 0 :]
    # the weight of a transposed convolution is (in out h w), and every value that it reads is multiplied by all of it
    positions = op.get_input_shape(0) if kind.endswith("BackpropData") else op.get_output_shape(0)
    return prod(positions) * inner * prod(kernel)


def _restore_inputs(op: "openvino.Node", original: "openvino.Node", by_name: Mapping[str, "openvino.Node"]) -> None:
    _restore_constants(op, original)
    for mine, source in zip(op.inputs(), original.input_values(), strict=True):
        node = source.get_node()
        if node.get_type_name() != "Constant":
            mine.replace_source_output(by_name[node.get_friendly_name()].output(source.get_index()))


def _restore_constants(op: "openvino.Node", original: "openvino.Node") -> None:
    from openvino import opset13 as ops

    for mine, source in zip(op.inputs(), original.input_values(), strict=True):
        if source.get_node().get_type_name() == "Constant":
            mine.replace_source_output(ops.constant(source.get_node().data).output(0))


def _module_of(op: "openvino.Node", modules: Mapping[str, str]) -> str:
    """The module of an operation; of one that a converter fused, the module of the nearest reader that has one."""
    seen, waiting = set(), [op]
    while waiting:
        node = waiting.pop(0)
        name = node.get_friendly_name()
        found = modules.get(name.split("/")[0])
        if found is not None:
            return found
        seen.add(name)
        waiting += [reader for reader in _readers(node) if reader.get_friendly_name() not in seen]
    return op.get_friendly_name()


def _is_quantized(op: "openvino.Node") -> bool:
    """A quantizer, or what NNCF makes of one on a weight: integers that are converted and scaled."""
    return op.get_type_name() == QUANTIZER or (op.get_type_name() != "Constant" and _is_from_integers(op))


def _is_from_integers(op: "openvino.Node") -> bool:
    if op.get_type_name() in DECOMPRESSION:
        return _is_from_integers(op.input_value(0).get_node())
    return op.get_type_name() == "Constant" and op.get_element_type().get_type_name() in ("i8", "u8")


def _readers(op: "openvino.Node") -> list["openvino.Node"]:
    return [taken.get_node() for output in op.outputs() for taken in output.get_target_inputs()]


def _by_name(graph: "openvino.Model") -> dict[str, "openvino.Node"]:
    return {op.get_friendly_name(): op for op in graph.get_ordered_ops()}
