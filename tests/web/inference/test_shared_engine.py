"""The shared engine: one thread, batches, faults that stay with their images."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from hondo.engines.base.infer_queue import InferQueue
from hondo.web.http.refusal import Refusal
from hondo.web.inference.service_metrics import Metrics
from hondo.web.inference.shared_engine import SharedEngine


def engine(**options) -> SharedEngine:
    return SharedEngine(**{"waiting": 100, "batch_s": 10.0, "metrics": Metrics()} | options)


def held_run(held: threading.Event, sizes: list[int]):
    def run(image: np.ndarray) -> np.ndarray:
        sizes.append(len(image))
        assert held.wait(10)
        return image[:, :1]

    return run


@pytest.mark.parametrize(("batch", "wanted"), [(4, [1, 1, 4, 1]), (1, [1] * 7), (None, [1] * 7)])
def test_batches_form_while_the_engine_is_busy(tiny, until, batch, wanted) -> None:
    """The first runs tell how long an image takes; a CPU's default is one by one."""
    held, sizes = threading.Event(), []
    predictor, shared = tiny(held_run(held, sizes)), engine(batch=batch)
    inputs = [np.full((1, 3, 2, 2), number, dtype=np.float32) for number in range(7)]
    held.set()
    assert shared.submit(predictor, inputs[0], client="a").result(5)[0, 0, 0] == 0
    held.clear()
    futures = [shared.submit(predictor, inputs[1], client="a")]
    until(lambda: len(sizes) == 2)
    futures += [shared.submit(predictor, each, client="a") for each in inputs[2:]]
    held.set()
    assert [future.result(5)[0, 0, 0] for future in futures] == [1, 2, 3, 4, 5, 6]
    assert sizes == wanted
    shared.close()


def test_images_that_wait_are_worked_on_side_by_side(tiny, until) -> None:
    """The first has the engine for itself; those that came meanwhile are begun up to the depth."""
    held, sizes, most, open_now = threading.Event(), [], [0], [0]

    def submit(image: np.ndarray):
        open_now[0] += 1
        most[0] = max(most[0], open_now[0])

        def finish() -> np.ndarray:
            open_now[0] -= 1
            if image[0, 0, 0, 0] == 4:
                raise RuntimeError("this one fails")
            return image[:, :1]

        return finish

    queue = InferQueue(submit=submit, depth=3)
    predictor, shared = replace(tiny(held_run(held, sizes)), open_queue=lambda: queue), engine()
    inputs = [np.full((1, 3, 2, 2), number, dtype=np.float32) for number in range(8)]
    futures = [shared.submit(predictor, inputs[0], client="a")]
    until(lambda: sizes)
    futures += [shared.submit(predictor, each, client="a") for each in inputs[1:]]
    held.set()
    for number, future in enumerate(futures):
        if number == 4:
            with pytest.raises(Refusal, match="RuntimeError"):
                future.result(5)
        else:
            assert future.result(5)[0, 0, 0] == number
    assert most[0] == 3 and open_now[0] == 0
    shared.close()


def test_a_batch_keeps_within_its_time(tiny, until) -> None:
    held, sizes = threading.Event(), []
    predictor, shared = tiny(held_run(held, sizes)), engine(batch=8, batch_s=1e-9)
    futures = [shared.submit(predictor, np.zeros((1, 3, 2, 2), np.float32), client="a") for _ in range(5)]
    held.set()
    assert [future.result(5).shape for future in futures] == [(1, 2, 2)] * 5 and sizes == [1] * 5
    shared.close()


def test_a_image_that_nobody_waits_for_is_left_out(tiny, until) -> None:
    held, sizes = threading.Event(), []
    predictor, shared = tiny(held_run(held, sizes)), engine()
    first, second, third = (shared.submit(predictor, np.zeros((1, 3, 2, 2), np.float32), client="a") for _ in range(3))
    until(lambda: sizes)
    assert second.cancel()
    held.set()
    first.result(5), third.result(5)
    assert len(sizes) == 2
    shared.close()


def test_closing_refuses_what_waits(tiny, until) -> None:
    held, sizes = threading.Event(), []
    shared = engine()
    predictor = tiny(held_run(held, sizes))
    running, waiting = (shared.submit(predictor, np.zeros((1, 3, 2, 2), np.float32), client="a") for _ in range(2))
    until(lambda: sizes)
    closing = threading.Thread(target=shared.close)
    closing.start()
    with pytest.raises(Refusal, match="stopping"):
        waiting.result(5)
    held.set()
    assert running.result(5).shape == (1, 2, 2)
    closing.join(5)
    with pytest.raises(Refusal, match="stopping"):
        shared.submit(predictor, np.zeros((1, 3, 2, 2), np.float32), client="a")
