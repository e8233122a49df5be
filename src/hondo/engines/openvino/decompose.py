"""Operations of a float graph replaced by the ones they stand for, so that each of those can be quantized."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import openvino


GROUP_NORM = "GroupNormalization"


def decompose(graph: "openvino.Model") -> None:
    """Decomposes group normalization and attention, and folds constants, in place."""
    decompose_group_norms(graph)
    decompose_attention(graph)
    fold_constants(graph)


def decompose_group_norms(graph: "openvino.Model") -> None:
    """Each group normalization as reshape, normalization, scale and shift, in place.

    OpenVINO 2026.4 ends the process when it fuses some of them (see ``runtime.compile_graph``), as NNCF makes it do.
    """
    from openvino import opset13 as ops

    for op in graph.get_ordered_ops():
        if op.get_type_name() != GROUP_NORM:
            continue
        value, scale, bias = op.input_values()
        shape, attributes = list(value.get_shape()), op.get_attributes()
        per_channel = [1, shape[1]] + [1] * (len(shape) - 2)
        groups = ops.reshape(value, [shape[0], attributes["num_groups"], -1], False)
        normed = ops.reshape(ops.mvn(groups, [2], True, attributes["epsilon"], "INSIDE_SQRT"), shape, False)
        scaled = ops.multiply(normed, ops.reshape(scale, per_channel, False))
        _replace(op, ops.add(scaled, ops.reshape(bias, per_channel, False)))


def decompose_attention(graph: "openvino.Model") -> None:
    """Each attention without a mask as two matrix products with a softmax between, in place.

    OpenVINO fuses them again when it compiles the graph.
    """
    from openvino import opset13 as ops

    for op in graph.get_ordered_ops():
        if (
            op.get_type_name() != "ScaledDotProductAttention"
            or op.get_input_size() != 3
            or op.get_attributes()["causal"]
        ):
            continue
        name, (queries, keys, values) = op.get_friendly_name(), op.input_values()
        scores = ops.matmul(queries, keys, False, True)
        scale = ops.constant(np.float32(queries.get_shape()[-1] ** -0.5))
        probabilities = ops.softmax(ops.multiply(scores, scale), -1)
        scores.set_friendly_name(f"{name}/scores")
        probabilities.set_friendly_name(f"{name}/probabilities")
        _replace(op, ops.matmul(probabilities, values, False, False))


def fold_constants(graph: "openvino.Model") -> None:
    """Computes what depends on constants only, in place: every weight becomes a plain constant."""
    from openvino.passes import ConstantFolding, Manager

    folding = Manager()
    folding.register_pass(ConstantFolding())
    folding.run_passes(graph)


def _replace(op: "openvino.Node", new: "openvino.Node") -> None:
    """``new`` takes the readers and the name of ``op``."""
    for reader in op.output(0).get_target_inputs():
        reader.replace_source_output(new.output(0))
    new.set_friendly_name(op.get_friendly_name())
