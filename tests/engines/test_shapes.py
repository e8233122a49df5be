"""Compiling per shape: once each, the least recently used dropped."""

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.engines.shapes import compiled_per_shape, fixed_shape


def picture(width: int) -> np.ndarray:
    return np.zeros((1, 3, 4, width), np.float32)


def test_each_shape_is_compiled_once_and_old_ones_go() -> None:
    compiled = []

    def compile_for(shape):
        compiled.append(shape[3])
        return lambda image: image[:, :1]

    run = compiled_per_shape(compile_for, kept=2)
    for width in (1, 2, 1, 3, 1, 2):
        assert run(picture(width)).shape == (1, 1, 4, width)
    assert compiled == [1, 2, 3, 2]


def test_a_fixed_shape_refuses_others() -> None:
    run = fixed_shape(lambda image: image[:, :1], shape=(1, 3, 4, 4), name="x.onnx")
    assert run(picture(4)).shape == (1, 1, 4, 4)
    with pytest.raises(HondoError, match=r"x\.onnx was exported for input 1x3x4x4, not 1x3x4x5"):
        run(picture(5))
