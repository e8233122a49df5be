"""Records which functions of the package a flow enters, as walks.py counts them."""

import ast
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

SOURCE = Path(__file__).resolve().parents[1] / "src" / "hondo"
PREFIX = f"{SOURCE}{os.sep}"
COUNTED_SPECIAL = ("__call__", "__iter__")
NOT_WALKED = ("hondo.core.tables", "hondo.core.memory_errors")
OPAQUE = ("hondo.nn.", "hondo.models.")  # the inside of a network
NOT_OPAQUE = ("hondo.models.base.", "hondo.models.registry.")


@dataclass(frozen=True, kw_only=True)
class Step:
    """A function as it was first entered."""

    module: str
    name: str
    line: int
    depth: int
    caller: str  # the calling module; empty: the flow or a thread starts here
    climbs: bool


@dataclass(kw_only=True)
class Walk:
    """What one flow passed through."""

    functions: dict[tuple[str, int], Step] = field(default_factory=dict)
    climbs: set[tuple[str, str]] = field(default_factory=set)  # (calling function, called function)

    @property
    def steps(self) -> list[Step]:
        return [each for each in self.functions.values() if each.caller != each.module]

    @property
    def modules(self) -> list[str]:
        return list(dict.fromkeys(step.module for step in self.steps))

    @property
    def returns(self) -> list[Step]:
        """The steps into modules that were left before."""
        found, seen, last = [], set(), ""
        for step in self.steps:
            if step.module != last and step.module in seen:
                found.append(step)
            seen.add(step.module)
            last = step.module
        return found

    def numbers(self) -> dict[str, int]:
        """What CONTRIBUTING shows."""
        return {
            "steps": len(self.steps), "modules": len(self.modules), "climbs": len(self.climbs),
            "returns": len(self.returns), "functions": len(self.functions),
        }  # fmt: skip


class Tracer:
    """Records the functions of the package that all threads enter while ``is_on``."""

    def __init__(self, *, below: tuple[str, str] | None = None) -> None:
        """``below``: only what a function of this name, in a package of this name, calls."""
        self.walk, self.is_on, self._below = Walk(), False, below

    @contextmanager
    def installed(self) -> Iterator["Tracer"]:
        threading.setprofile(self._profile)
        sys.setprofile(self._profile)
        try:
            yield self
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    @contextmanager
    def on(self) -> Iterator[Walk]:
        with self.installed():
            self.is_on = True
            try:
                yield self.walk
            finally:
                self.is_on = False

    def _profile(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and self.is_on and frame.f_code.co_filename.startswith(PREFIX):
            self._enter(frame)

    def _enter(self, frame: FrameType) -> None:
        module, name = _module(frame), _counted_name(frame)
        stack = _stack(frame.f_back)
        if name is None or module in NOT_WALKED or any(each.f_code.co_name == "<module>" for each in stack):
            return
        if any(_is_opaque(_module(each)) for each in stack) or not self._is_below([frame, *stack]):
            return
        callers = [_module(each) for each in stack]  # innermost first
        climbs = bool(callers) and callers[0] != module and module in callers
        if climbs:
            self.walk.climbs.add((_label(stack[0]), f"{module}:{name}"))
        key = (module, frame.f_code.co_firstlineno)
        depth = len([each for each in stack if _counted_name(each)])
        caller = callers[0] if callers else ""
        step = Step(module=module, name=name, line=key[1], depth=depth, caller=caller, climbs=climbs)
        self.walk.functions.setdefault(key, step)

    def _is_below(self, stack: list[FrameType]) -> bool:
        if self._below is None:
            return True
        package, name = self._below
        return any(_module(each).startswith(f"{package}.") and _counted_name(each) == name for each in stack)


def _stack(frame: FrameType | None) -> list[FrameType]:
    """The frames of the package from this one outwards."""
    found = []
    while frame is not None:
        if frame.f_code.co_filename.startswith(PREFIX):
            found.append(frame)
        frame = frame.f_back
    return found


def _module(frame: FrameType) -> str:
    return _module_of(frame.f_code.co_filename)


@cache
def _module_of(file: str) -> str:
    return ".".join(Path(file).relative_to(SOURCE.parent).with_suffix("").parts)


def _label(frame: FrameType) -> str:
    return f"{_module(frame)}:{frame.f_code.co_qualname}"


def _is_opaque(module: str) -> bool:
    return module.startswith(OPAQUE) and not module.startswith(NOT_OPAQUE)


def _counted_name(frame: FrameType) -> str | None:
    """The function's name; None for what is no step."""
    return functions(frame.f_code.co_filename).get(frame.f_code.co_firstlineno)


@cache
def functions(file: str) -> dict[int, str]:
    """First line -> qualified name of the functions of a file that count as steps."""
    found: dict[int, str] = {}

    def visit(node: ast.AST, scope: str) -> None:
        for child in ast.iter_child_nodes(node):
            name = f"{scope}{child.name}" if hasattr(child, "name") and isinstance(child.name, str) else ""
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                decorators = {ast.unparse(each).split("(")[0].split(".")[-1] for each in child.decorator_list}
                is_special = child.name.startswith("__") and child.name not in COUNTED_SPECIAL
                if not is_special and not decorators & {"property", "cached_property", "setter"}:
                    found[min([child.lineno, *(each.lineno for each in child.decorator_list)])] = name
            visit(child, f"{name}." if isinstance(child, ast.ClassDef) or name else scope)

    visit(ast.parse(Path(file).read_text(encoding="utf-8")), "")
    return found
