"""A `hondo serve` or `hondo live` of its own process for the benchmarks, and what it says of itself."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

READY_S = 120.0


@contextmanager
def hondo(*arguments: str) -> Iterator[httpx.Client]:
    """A client of the running command, once that is ready; the command ends with the block."""
    command = [sys.executable, "-m", "hondo.cli.main", *arguments, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
            assert address, "the server did not start"
            with httpx.Client(base_url=address[0], trust_env=False, timeout=60) as client:
                end = time.monotonic() + READY_S
                while (answer := client.get("/readyz")).status_code != 200:
                    assert time.monotonic() < end, f"never ready: {answer.text}"
                    time.sleep(0.1)
                yield client
        finally:
            server.terminate()


def gauge(client: httpx.Client, name: str) -> float:
    """A number of /metrics."""
    lines = client.get("/metrics").raise_for_status().text.splitlines()
    return float(next(line.split()[-1] for line in lines if line.startswith(f"{name} ")))


def port_of(client: httpx.Client) -> int:
    port = client.base_url.port
    assert port is not None
    return port
