"""`import hondo` gives the public names on first use; their examples and their errors are as documented."""

import doctest
import importlib
import subprocess
import sys

import numpy as np
import pytest
import torch

import hondo
from hondo.core.types import Camera

DOCUMENTED = ("DepthMap", "attention", "build_model", "load", "score")
# Without the checks of the test run, as users have it.
WRONG = """
import numpy as np, hondo
ones = np.ones((4, 4), np.float32)
for wrong in (
    lambda: hondo.load("hondo-nano", camera="525,525,320,240"),
    lambda: hondo.DepthMap(values=ones, kind="metric_depth"),
    lambda: hondo.DepthMap(values=[[1.0]], kind=hondo.DepthKind.METRIC_DEPTH),
    lambda: hondo.DepthMap(values=ones, kind=hondo.DepthKind.METRIC_DEPTH, camera=(1, 1, 2, 2)),
    lambda: hondo.DepthMap(values=ones, kind=hondo.DepthKind.METRIC_DEPTH).color("no-palette"),
):
    try:
        wrong()
    except ValueError as error:
        print(type(error).__name__, error)
"""


def test_names_are_found_lazily() -> None:
    assert hondo.Camera is Camera
    assert hondo.__version__


def test_dir_lists_the_interface() -> None:
    assert dir(hondo) == sorted(hondo.__all__)
    assert all(hasattr(hondo, name) for name in dir(hondo))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        hondo.no_such_name  # noqa: B018


@pytest.mark.parametrize("name", DOCUMENTED)
def test_examples_of_the_docstrings_run(name: str) -> None:
    value = getattr(hondo, name)
    names = vars(importlib.import_module(value.__module__)) | {"hondo": hondo, "np": np, "torch": torch}
    example = doctest.DocTestParser().get_doctest(value.__doc__, names, name, None, None)
    assert example.examples, f"hondo.{name} has no example"
    assert not doctest.DocTestRunner().run(example).failed


def test_wrong_types_are_refused_in_one_line() -> None:
    done = subprocess.run([sys.executable, "-c", WRONG], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 5 and all(line.startswith("HondoError") for line in lines)
    wanted = ("hondo.Camera", "DepthKind.METRIC_DEPTH", "NumPy array", "hondo.Camera", "palette 'no-palette'")
    assert all(text in line for text, line in zip(wanted, lines, strict=True)), lines
