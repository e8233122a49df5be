"""What the service costs above its engine: python benchmarks/serve.py [--quick] [--json docs/reports/serve.json]

32 clients of `hondo serve`, each asking for the depth of a 640x480 JPEG again and again (16-bit PNG out), against the
predictor alone on the same image, by turns: throughput, errors, median and p95 latency. Then WebSocket clients that
come and go: what the server's memory, file descriptors and tasks grow by. Clients and server share the machine. A row
says what is wanted; the p95 is bounded by the images that may wait at once.
"""

import argparse
import asyncio
import gc
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import httpx
import numpy as np
from serving import gauge, hondo, port_of
from websockets.sync.client import connect

from hondo.core.report import Better, Report, Row
from hondo.data.datasets.embedded_clip import embedded_clip
from hondo.engines.load import load
from hondo.web.security.limits import Limits

CLIENTS, SIZE_HW, ROUNDS = 32, (480, 640), 3
SETTLED_S = 1.0  # after which what a WebSocket held is gone
MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What clients saw: answers a second, refusals, and the milliseconds of each answer."""

    rate: float
    errors: int
    milliseconds: Sequence[float]


def image() -> np.ndarray:
    bgr = cv2.imread(str(embedded_clip().images / "000.jpg"))
    return cv2.cvtColor(cv2.resize(bgr, SIZE_HW[::-1]), cv2.COLOR_BGR2RGB)


def engine_rate(image: np.ndarray, *, engine: str, seconds: float) -> float:
    """Images a second of the predictor alone: image in, depth map out."""
    predictor = load("hondo-nano", engine=engine)
    predictor(image)
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        predictor(image)
        count += 1
    rate = count / (time.perf_counter() - start)
    predictor.close()
    gc.collect()  # the threads of the engine go with it
    return rate


async def one_client(port: int, request: bytes, *, until: float, times: list[float]) -> int:
    """Asks over one connection until the time is over; returns how many answers were not 200."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    errors = 0
    while time.perf_counter() < until:
        start = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        errors += b" 200 " not in head.split(b"\r\n", 1)[0]
        times.append(1000 * (time.perf_counter() - start))
    writer.close()
    return errors


async def many_clients(port: int, body: bytes, *, count: int, seconds: float) -> Asked:
    head = f"POST /v1/depth HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
    times: list[float] = []
    start = time.perf_counter()
    jobs = [
        one_client(port, head.encode() + body, until=start + seconds, times=times) for _ in range(count)
    ]  # fmt: skip
    errors = sum(await asyncio.gather(*jobs))
    return Asked(rate=len(times) / (time.perf_counter() - start), errors=errors, milliseconds=times)


def come_and_go(client: httpx.Client, count: int) -> None:
    for _ in range(count):
        with connect(f"ws://127.0.0.1:{port_of(client)}/v1/stream", proxy=None):
            pass


def leaks(client: httpx.Client, count: int) -> tuple[float, ...]:
    """(MiB, file descriptors, tasks) that the server holds more after so many WebSockets."""
    names = ("process_resident_memory_bytes", "process_open_fds", "hondo_tasks")
    come_and_go(client, count // 10)  # what is allocated once
    time.sleep(SETTLED_S)
    before = [gauge(client, name) for name in names]
    come_and_go(client, count)
    time.sleep(SETTLED_S)
    memory, files, tasks = (gauge(client, name) - held for name, held in zip(names, before, strict=True))
    return memory / MIB, files, tasks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few seconds, fewer clients")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    rounds, seconds, count, sockets = (1, 1.0, 4, 20) if given.quick else (ROUNDS, 15.0, CLIENTS, 1000)
    shown = image()
    body = cv2.imencode(".jpg", cv2.cvtColor(shown, cv2.COLOR_RGB2BGR))[1].tobytes()
    name = "torch" if given.quick else "auto"  # quick: nothing to compile
    engine, asked = [], []
    for _ in range(rounds):  # never both at once: they would share the cores
        engine.append(engine_rate(shown, engine=name, seconds=seconds))
        with hondo("serve", "--engine", name, "--rate", "10000") as client:
            asyncio.run(many_clients(port_of(client), body, count=count, seconds=min(2.0, seconds)))
            asked.append(asyncio.run(many_clients(port_of(client), body, count=count, seconds=seconds)))
            grown = leaks(client, sockets)
    report = Report(title=f"hondo serve, {count} clients", rows=rows(engine, asked, grown=grown, sockets=sockets))
    print(report.to_markdown())
    if given.json is not None:
        given.json.write_text(report.to_json() + "\n")


def rows(engine: list[float], asked: list[Asked], *, grown: tuple[float, ...], sockets: int) -> tuple[Row, ...]:
    times = np.concatenate([np.array(each.milliseconds) for each in asked])
    rate = float(np.median([each.rate for each in asked]))
    share = float(np.median([each.rate / alone for each, alone in zip(asked, engine, strict=True)]))
    errors = sum(each.errors for each in asked)
    wanted = {
        "share of the engine": 85.0, "errors": 0.0, "p95": 1000 * Limits().waiting / rate,
        "file descriptors after them": 0.0, "tasks after them": 0.0,
    }  # fmt: skip
    numbers: tuple[tuple[str, float, str, Better], ...] = (
        ("pictures", rate, "1/s", "higher"), ("engine alone", float(np.median(engine)), "1/s", "higher"),
        ("share of the engine", 100 * share, "%", "higher"), ("errors", float(errors), "", "lower"),
        ("median", float(np.median(times)), "ms", "lower"), ("p95", float(np.percentile(times, 95)), "ms", "lower"),
        (f"memory after {sockets} WebSockets", grown[0], "MiB", "lower"),
        ("file descriptors after them", grown[1], "", "lower"), ("tasks after them", grown[2], "", "lower"),
    )  # fmt: skip
    found = [
        Row(name=name, value=value, unit=unit, better=better, subject="hondo-nano")
        for name, value, unit, better in numbers
    ]
    return (*found, *(replace(row, subject="wanted", value=wanted[row.name]) for row in found if row.name in wanted))


if __name__ == "__main__":
    main()
