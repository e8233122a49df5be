"""Which module of a model each operation of its traced graph came from: names that a user can read."""

from collections import Counter

import torch

# Decomposed on the way to other runtimes: the k-th of the left becomes the k-th of the right.
DECOMPOSED = {
    "conv1d": "convolution",
    "conv2d": "convolution",
    "conv_transpose2d": "convolution",
    "batch_norm": "_native_batch_norm_legit_no_training",
    "layer_norm": "native_layer_norm",
    "group_norm": "native_group_norm",
}
OUTER = "model."  # what FinestMap adds in front


def module_paths(program: torch.export.ExportedProgram) -> dict[str, str]:
    """The dotted module of each operation, by its name in the program and in the decomposed one."""
    paths: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for node in program.graph.nodes:
        stack = [path for path, _ in (node.meta.get("nn_module_stack") or {}).values() if path]
        if node.op != "call_function" or not stack:
            continue
        path = stack[-1].removeprefix(OUTER)
        paths[node.name] = path
        later = DECOMPOSED.get(str(node.target).split(".")[1]) if "." in str(node.target) else None
        if later is not None:
            paths[f"{later}_{counts[later]}" if counts[later] else later] = path
            counts[later] += 1
    return paths
