"""The graph that exporters take."""

from concurrent.futures import ThreadPoolExecutor

import torch

from hondo.engines.tracing.export_graph import trace


def test_threads_may_export_at_once(tiny_model) -> None:
    with ThreadPoolExecutor(3) as pool:
        programs = list(pool.map(lambda width: trace(tiny_model, size_hw=(32, width)), (32, 64, 96)))
    for program, width in zip(programs, (32, 64, 96), strict=True):
        assert program.module()(torch.zeros(1, 3, 32, width)).shape == (1, 1, 32, width)
