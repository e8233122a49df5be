"""Many images at once: in order, never more begun than allowed, the same maps as one by one."""

import threading

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.predictor_protocol import InferQueue
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.infer_queue import in_batches, in_order, one_by_one
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.registry import ENGINES


def images(sizes) -> list[np.ndarray]:
    return [np.random.default_rng(n).integers(0, 255, (*size, 3), dtype=np.uint8) for n, size in enumerate(sizes)]


def test_results_come_in_order_and_few_are_begun() -> None:
    begun, most, given = set(), [], []

    def begin(item: int):
        begun.add(item)
        most.append(len(begun))
        return lambda: (begun.discard(item), item)[1]

    given = list(in_order(range(7), begin=begin, depth=3))
    assert given == list(range(7)) and max(most) == 3


def test_a_network_without_a_queue_runs_in_a_thread_of_its_own() -> None:
    threads = []
    queue = one_by_one(lambda image: (threads.append(threading.current_thread()), image[:, :1])[1])
    waiting = [queue.submit(np.full((1, 3, 1, 1), n, np.float32)) for n in range(3)]
    assert [float(finish()[0, 0, 0, 0]) for finish in waiting] == [0, 1, 2]
    queue.close()
    assert len(set(threads)) == 1 and threads[0] is not threading.current_thread()


def test_images_are_collected_into_batches() -> None:
    shapes: list[tuple[int, ...]] = []
    queue = in_batches(one_by_one(lambda image: (shapes.append(image.shape), image[:, :1])[1]), batch=3)
    assert queue.depth == 6
    waiting = [queue.submit(np.full((1, 3, 1, 1), n, np.float32)) for n in range(4)]
    waiting.append(queue.submit(np.full((1, 3, 2, 1), 4, np.float32)))  # another size ends a batch
    assert [float(finish()[0, 0, 0, 0]) for finish in waiting] == [0, 1, 2, 3, 4]
    waiting = [queue.submit(np.full((1, 3, 1, 1), n, np.float32)) for n in range(2)]
    assert [float(finish()[0, 0, 0, 0]) for finish in reversed(waiting)] == [1, 0]  # whoever waits first begins it
    queue.close()
    assert shapes == [(3, 3, 1, 1), (1, 3, 1, 1), (1, 3, 2, 1), (2, 3, 1, 1)]


def test_an_error_of_a_batch_is_raised_for_each_of_its_images() -> None:
    def fail(image: np.ndarray) -> np.ndarray:
        raise RuntimeError("engine")

    waits: list[int] = []

    def submit(image: np.ndarray):
        return lambda: (waits.append(len(image)), fail(image))[1]

    queue = in_batches(InferQueue(submit=submit, depth=1), batch=2)
    for finish in [queue.submit(np.zeros((1, 3, 1, 1), np.float32)) for _ in range(2)]:
        with pytest.raises(RuntimeError, match="engine"):
            finish()
    assert waits == [2]


@pytest.mark.parametrize("engine", ["torch", "openvino"])
def test_the_same_maps_as_one_by_one(tiny_model, engine) -> None:
    for package in ENGINES[engine].packages:
        pytest.importorskip(package)
    predictor = ENGINES[engine].load(tiny_model)
    shown_images = images([(48, 96), (96, 48), (48, 96), (32, 64), (48, 96), (48, 96), (96, 48), (48, 96)])
    many = list(predictor.predict_many(iter(shown_images)))
    assert len(many) == len(shown_images)
    for given, image in zip(many, shown_images):
        np.testing.assert_allclose(given.values, predictor(image).values, atol=1e-6)
        assert given.image_rgb is image


def test_a_bad_image_raises_in_its_turn() -> None:
    predictor = NetworkPredictor(
        name="red", kind=DepthKind.METRIC_DEPTH, input_spec=InputSpec(size_hw=(32, 64), multiple_of=16),
        network=lambda image: image[:, :1], engine="numpy", precision="fp32",
    )  # fmt: skip
    stream = predictor.predict_many([*images([(32, 64)]), "gone.png"])
    with pytest.raises((HondoError, OSError), match=r"gone\.png"):
        list(stream)
