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
import json
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from precision_places import precision_places
from walk_flows import export_int8, predict_an_image, show_a_live_frame, train_a_batch
from walk_tracer import Walk

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
