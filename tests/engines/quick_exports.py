"""Exports of tiny networks in half the time: torch makes tables of operations and stack traces again for each.

What is replaced is private to torch, so each replacement is left out where a version of torch has no such name.
"""

import importlib
import typing
from functools import cache


def make_exports_quick() -> None:
    """Changes torch in this process; graphs stay what they are but for the stack traces of nodes."""
    from torch.onnx._internal._lazy_import import onnxscript_apis

    _replace("torch.fx.config", "do_not_emit_stack_traces", lambda _: True)
    _replace("torch._export.utils", "_materialize_cpp_cia_ops", cache)  # finds the operations of all libraries
    _replace("torch._ops", "Callable", lambda _: typing.Callable)  # remembers its parameters; 11,000 times an export
    listed = type(onnxscript_apis).__getattr__

    @cache
    def operations():
        _replace("torch.onnx._internal.exporter._schemas", "op_signature_from_function", cache)
        return listed(onnxscript_apis, "get_torchlib_ops")()

    onnxscript_apis.get_torchlib_ops = operations


def _replace(module: str, name: str, change: typing.Callable) -> None:
    found = importlib.import_module(module)
    if hasattr(found, name):
        setattr(found, name, change(getattr(found, name)))
