"""Compiling per shape: once each, the least recently used dropped."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.engines.base.compiled import Shape, any_size, compiled_per_shape, fixed_queue, fixed_shape, kept_per_shape
from hondo.engines.base.infer_queue import one_by_one


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


def test_a_batch_is_filled_up_and_a_larger_one_refused() -> None:
    shapes = []
    run = fixed_shape(lambda *given: (shapes.append([each.shape for each in given]), given[0][:, :1])[1],
                      shape=(4, 3, 4, 4), name="x.onnx")  # fmt: skip
    images = np.arange(3 * 48, dtype=np.float32).reshape(3, 3, 4, 4)
    np.testing.assert_array_equal(run(images, images[:, 0]), images[:, :1])
    assert shapes == [[(4, 3, 4, 4), (4, 4, 4)]]
    with pytest.raises(HondoError, match=r"x\.onnx was exported for a batch of 4, not 5; .*batch=5, or .*dynamic=True"):
        run(np.zeros((5, 3, 4, 4), np.float32))


def test_a_queue_of_one_shape_fills_up_and_refuses_too() -> None:
    shapes: list[tuple[int, ...]] = []
    inner = one_by_one(lambda shown: (shapes.append(shown.shape), shown[:, :1])[1])
    queue = fixed_queue(lambda: inner, shape=(2, 3, 4, 4), name="x.xml")()
    assert queue.submit(image(4))().shape == (1, 1, 4, 4) and shapes == [(2, 3, 4, 4)]
    with pytest.raises(HondoError, match="not 1x3x4x5"):
        queue.submit(image(5))
    queue.close()


@pytest.mark.parametrize(
    ("size_hw", "nearest"),
    [((100, 130), "nearest are 96x128 and 128x160"), ((64, 33), "are 64x32 and 64x64"), ((5, 32), "is 32x32")],
)
def test_a_graph_of_any_size_names_the_nearest_it_takes(size_hw, nearest) -> None:
    run = any_size(lambda shown: shown[:, :1], multiple_of=32, name="x.onnx")
    assert run(np.zeros((2, 3, 64, 96), np.float32)).shape == (2, 1, 64, 96)
    with pytest.raises(
        HondoError, match=rf"x\.onnx takes .* multiples of 32, not {'x'.join(map(str, size_hw))}: .*{nearest}"
    ):
        run(np.zeros((1, 3, *size_hw), np.float32))


def test_a_graph_that_fails_at_a_size_names_it() -> None:
    def fail(shown: np.ndarray) -> np.ndarray:
        raise RuntimeError("axis" if shown.shape[2] == 32 else "bad allocation")

    run = any_size(fail, multiple_of=32, name="x.onnx")
    with pytest.raises(HondoError, match=r"x\.onnx does not run at 32x64 \(axis\); give a larger size_hw"):
        run(np.zeros((1, 3, 32, 64), np.float32))
    with pytest.raises(RuntimeError, match="bad allocation"):  # which is explained where the batch is known
        run(np.zeros((1, 3, 64, 64), np.float32))


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
