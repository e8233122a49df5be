"""Throughput with several requests: as many are begun at once as asked for, and every image counts."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.predictor_protocol import InferQueue
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.predictor import NetworkPredictor
from hondo.evaluate.speed.latency import BenchConfig, bench
from hondo.evaluate.speed.requests import images_a_second

TIME_S = 0.02  # of a request: long beside what another process may take away


class Server:
    """Runs up to four requests at once, 20 ms each, and knows the most that were begun and not waited for."""

    def __init__(self) -> None:
        self.threads, self.begun, self.most, self.closed = ThreadPoolExecutor(4), 0, 0, False

    def open(self) -> InferQueue:
        return InferQueue(submit=self.submit, depth=4, close=self.close)

    def submit(self, image: np.ndarray):
        self.begun += 1
        self.most = max(self.most, self.begun)
        running = self.threads.submit(run, image)

        def wait() -> np.ndarray:
            maps = running.result()
            self.begun -= 1
            return maps

        return wait

    def close(self) -> None:
        self.closed = True


def run(image: np.ndarray) -> np.ndarray:
    time.sleep(TIME_S)
    return image[:, :1]


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def predictor(server: Server) -> NetworkPredictor:
    return NetworkPredictor(
        name="served", kind=DepthKind.METRIC_DEPTH, input_spec=InputSpec(size_hw=(32, 64), multiple_of=16),
        network=run, engine="numpy", precision="fp32", open_queue=server.open,
    )  # fmt: skip


@pytest.mark.parametrize("requests", [1, 2, 4])
def test_so_many_requests_are_begun_at_once(predictor, server, requests) -> None:
    images_a_second(predictor, size_hw=(32, 64), requests=requests, runs=12)
    assert server.most == requests and server.begun == 0 and server.closed


def test_more_requests_than_the_queue_takes_are_as_many_as_it_takes(predictor, server) -> None:
    images_a_second(predictor, size_hw=(32, 64), requests=9, runs=12)
    assert server.most == 4


def test_requests_that_run_at_once_give_more_images(predictor) -> None:
    one, four = (images_a_second(predictor, size_hw=(32, 64), requests=count, runs=40) for count in (1, 4))
    assert one < 1 / TIME_S and four > 2 * one


@pytest.mark.parametrize("at_once", [1, 3])
def test_the_images_of_a_batch_all_count(predictor, at_once) -> None:
    """Of a network of any batch, and of a file of one batch, whose queue collects single images."""
    batched = replace(predictor, batch=at_once)
    assert images_a_second(batched, size_hw=(32, 64), requests=1, batch=3, runs=12) > 1 / TIME_S


def test_a_bench_shows_them(predictor) -> None:
    result = bench(predictor, config=BenchConfig(warmup=0, runs=2, requests=(2, 4)))
    assert set(result.throughput_at) == {2, 4}
    assert {"throughput at 2 requests", "throughput at 4 requests"} <= {row.name for row in result.rows()}


def test_no_requests_are_refused() -> None:
    with pytest.raises(HondoError, match="at least 1"):
        BenchConfig(requests=(0,))
