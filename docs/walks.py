"""Five walks through the code: which functions a reader passes on the way from a command to its result.

Walks a to d run the flow on a tiny input under a profiler; e reads the source. What is counted:

- function: one of the package that the flow enters, once each. Not counted: properties, special methods other than
  ``__call__`` and ``__iter__``, lambdas and comprehensions (what they call is), look-ups in tables (core/tables), the
  context that only rewords errors of too little memory (core/memory_errors), what runs while a module is imported, and
  the inside of a network (``nn``, and ``models`` except ``base`` and ``registry``) beyond its first function.
- step: a function that is entered from another module. Helpers that stand in the same file are read in place.
- module: a module that holds a step.
- climb: a call into a module that waits further up the call stack, below another one: the reader must go back up.
- return: a step into a module that an earlier step had entered and the flow had left, by a call or not.

``python docs/walks.py a`` prints all functions of one walk in order and indented; ``>`` marks a step, ``^`` a climb.
"""

import argparse
import ast
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from functools import cache
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "hondo"
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


def predict_an_image(folder: Path) -> Walk:
    """a: ``hondo predict photo.jpg --out DIR``, on the torch engine in fp32 (no choice by trial), to the PNG."""
    from hondo.cli.main import main

    photo, out = _images(folder, count=1)[0], folder / "out"
    with Tracer().on() as walk:
        code = main(
            ["predict", str(photo), "--out", str(out), "--engine", "torch", "--precision", "fp32", "--size", "64x96"]
        )
    assert code == 0 and list(out.glob("*.png")), "no PNG was written"
    return walk


def train_a_batch(folder: Path) -> Walk:
    """b: a batch of ``hondo train video`` from the files of a clip to the end of the optimiser step."""
    from torch.optim.optimizer import register_optimizer_step_post_hook

    from hondo.cli.main import main

    _images(folder / "images", count=7)
    camera = {"fx": 80, "fy": 80, "cx": 64, "cy": 40, "width": 128, "height": 80}
    (folder / "intrinsics.json").write_text(json.dumps(camera))
    tracer, count = Tracer(), 0

    def after_step(*_: Any) -> None:  # the window: from the end of a step to the end of the fourth after it
        nonlocal count
        count += 1
        tracer.is_on = 2 <= count < 6

    hook = register_optimizer_step_post_hook(after_step)
    options = {"data.size-hw": "64 96", "batches.batch-size": "2", "optim.max-steps": "8", "loop.log-every": "100"}
    arguments = [word for name, value in options.items() for word in (f"--{name}", *value.split())]
    try:
        with tracer.installed():
            code = main(["train", "video", "--data", str(folder), "--out", str(folder / "run"), *arguments])
    finally:
        hook.remove()
    assert code == 0 and count == 8, "the run did not end"
    return tracer.walk


def show_a_live_frame(folder: Path) -> Walk:
    """c: a frame of ``hondo live`` from its source to the message that a browser's WebSocket receives."""
    from starlette.testclient import TestClient

    from hondo.video.live.live_stream import Stream
    from hondo.web.http.app import build_app
    from hondo.web.inference.served_models import ServedModels
    from hondo.web.inference.server_camera import ServerCamera
    from hondo.web.inference.service import Service
    from hondo.web.security.access import Access

    _images(folder, count=8)
    predictor = _tiny_predictor()
    stream = Stream(str(folder), predictor, loop=True)
    served = ServedModels(("tiny",), load=lambda name: predictor)
    served.load_default()
    service = Service(served, access=Access(), camera=ServerCamera(stream, name="clip"))
    tracer = Tracer()
    with tracer.installed(), TestClient(build_app(service), base_url="http://127.0.0.1") as client:
        end = time.monotonic() + 20
        while not service.is_ready and time.monotonic() < end:
            time.sleep(0.02)
        # starlette's client may cancel the server's side as it closes
        with suppress(CancelledError), client.websocket_connect("/v1/live", headers={"host": "127.0.0.1"}) as socket:
            for _ in range(3):
                _frame(socket)
            tracer.is_on = True
            for _ in range(4):
                _frame(socket)
            tracer.is_on = False
    return tracer.walk


def _frame(socket: Any) -> bytes:
    """The next binary message."""
    while True:
        message = socket.receive()
        if message.get("bytes"):
            return message["bytes"]


def _tiny_predictor() -> Any:
    """A predictor whose network is one line: bright is near."""
    from hondo.core.types import DepthKind, InputSpec
    from hondo.engines.base.predictor import NetworkPredictor

    return NetworkPredictor(
        name="tiny", kind=DepthKind.SCALED_INVERSE_DEPTH, input_spec=InputSpec(size_hw=(64, 64), multiple_of=32),
        network=lambda image: 0.1 + 0.9 * image.mean(axis=1, keepdims=True), engine="numpy", precision="fp32",
    )  # fmt: skip


def export_int8(folder: Path) -> Walk:
    """d: a model to OpenVINO int8: the export function of the engine, to the file on disk."""
    from hondo.cli.main import main

    _images(folder / "images", count=8)
    options = ["--precision", "int8", "--calibration", str(folder / "images"), "--size", "64x96", "--force"]
    with Tracer(below=("hondo.engines.openvino", "export")).on() as walk:
        code = main(["export", "hondo-nano", "--to", "openvino", "--out", str(folder / "nano.xml"), *options])
    assert code == 0 and (folder / "nano.xml").exists(), "no file was written"
    return walk


def precision_places() -> tuple[list[str], list[str]]:
    """e: where commands declare a precision option, and where the package refuses a precision. From the source."""
    declared, checked = [], []
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if place.startswith("cli/") and _declares_precision(node):
                declared.append(f"{place}:{node.lineno}")  # type: ignore[attr-defined]
            if isinstance(node, ast.If) and _names_precision(node.test) and any(_refuses(each) for each in node.body):
                checked.append(f"{place}:{node.lineno}")
    return declared, checked


def _declares_precision(node: ast.AST) -> bool:
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "precision"


def _names_precision(test: ast.expr) -> bool:
    """A name, or a field of options: ``precision``, ``options.precision``."""
    return any(
        (isinstance(node, ast.Name) and node.id == "precision")
        or (isinstance(node, ast.Attribute) and node.attr == "precision")
        for node in ast.walk(test)
    )


def _refuses(node: ast.stmt) -> bool:
    return isinstance(node, ast.Raise)


def _images(folder: Path, *, count: int) -> list[Path]:
    """Images of a textured wall that passes by."""
    import cv2
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).integers(0, 255, (80, 256, 3), dtype=np.uint8)
    wall = cv2.GaussianBlur(noise, (0, 0), 1.5)
    paths = [folder / f"{number:03d}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), wall[:, 3 * number : 3 * number + 128])
    return paths


WALKS: dict[str, Callable[[Path], Walk]] = {
    "a": predict_an_image,
    "b": train_a_batch,
    "c": show_a_live_frame,
    "d": export_int8,
}


def take(name: str) -> Walk:
    """Runs one walk in a temporary folder, quietly."""
    os.environ["HONDO_TRIAL"] = "0"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HONDO_CACHE"] = str(Path(folder) / "cache")
        said = StringIO()
        try:
            with redirect_stdout(said), redirect_stderr(said):
                return WALKS[name](Path(folder))
        except BaseException:
            print(said.getvalue(), file=sys.stderr)
            raise


def describe(walk: Walk) -> str:
    """The functions in order, then the climbs and the returns."""
    lines = [
        f"{'^' if each.climbs else '>' if each in walk.steps else ' '} {'  ' * each.depth}"
        f"{each.module.removeprefix('hondo.')}:{each.name} (line {each.line})"
        for each in walk.functions.values()
    ]
    lines += [", ".join(f"{value} {name}" for name, value in walk.numbers().items()), "climbs:"]
    lines += [f"  {caller} -> {callee}" for caller, callee in sorted(walk.climbs)] or ["  none"]
    return "\n".join([*lines, "returns:", *(f"  {each.module}:{each.name}" for each in walk.returns)])


def main() -> None:
    parser = argparse.ArgumentParser(description="Print the functions of one walk through the code.")
    parser.add_argument("walk", choices=[*WALKS, "e"])
    parser.add_argument("--json", action="store_true", help="numbers only, as JSON")
    arguments = parser.parse_args()
    if arguments.walk == "e":
        declared, checked = precision_places()
        numbers = {"declared": len(declared), "checked": len(checked)}
        text = "\n".join(["declared:", *declared, "checked:", *checked])
    else:
        walk = take(arguments.walk)
        numbers, text = walk.numbers(), describe(walk)
    print(json.dumps(numbers) if arguments.json else text)


if __name__ == "__main__":
    main()
