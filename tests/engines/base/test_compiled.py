"""Compiling per shape: once each, the least recently used dropped."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.engines.base.compiled import Shape, compiled_per_shape, fixed_shape, kept_per_shape


def image(width: int) -> np.ndarray:
    return np.zeros((1, 3, 4, width), np.float32)


def test_each_shape_is_compiled_once_and_old_ones_go() -> None:
    compiled = []

    def compile_for(shape):
        compiled.append(shape[3])
        return lambda shown: shown[:, :1]

    run = compiled_per_shape(compile_for, kept=2)
    for width in (1, 2, 1, 3, 1, 2):
        assert run(image(width)).shape == (1, 1, 4, width)
    assert compiled == [1, 2, 3, 2]


def test_a_fixed_shape_refuses_others() -> None:
    run = fixed_shape(lambda shown: shown[:, :1], shape=(1, 3, 4, 4), name="x.onnx")
    assert run(image(4)).shape == (1, 1, 4, 4)
    with pytest.raises(HondoError, match=r"x\.onnx was exported for input 1x3x4x4, not 1x3x4x5"):
        run(image(5))


def test_threads_make_a_shape_once_and_go_on_with_the_others() -> None:
    held, made = threading.Event(), []

    def make(shape: Shape) -> str:
        made.append(shape)
        if shape[2] == 2:
            assert held.wait(10)
        return f"for {shape}"

    of = kept_per_shape(make)
    of((1, 3, 1, 1))
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(of, (1, 3, 2, 2)) for _ in range(4)]
        assert of((1, 3, 1, 1)) == "for (1, 3, 1, 1)"
        held.set()
        assert {each.result(10) for each in waiting} == {"for (1, 3, 2, 2)"}
    assert made == [(1, 3, 1, 1), (1, 3, 2, 2)]
