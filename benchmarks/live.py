"""Live from end to end: python benchmarks/live.py [--seconds 600] [--quick] [--json docs/reports/live.json]

`hondo live` on a 640x480 H.264 file of 32 frames a second (a little over the 30 that are wanted), hondo-nano at
640x192, steadied, and one WebSocket viewer that takes every message as a page does (JPEG and 16-bit depth): frames a
second, latency from the moment a frame was due to the moment the viewer has it, and what the server's memory grows by
after the first minute. Before that, by turns, the predictor alone and the live loop without a viewer (decode, predict,
steady) on a film that is faster than both. A row says what is wanted.
"""

import argparse
import json
import struct
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from serving import gauge, hondo, port_of
from websockets.sync.client import connect

from hondo.core.predictor_protocol import Predictor
from hondo.core.report import Better, Report, Row
from hondo.data.datasets.clip_files import list_images
from hondo.data.datasets.embedded_clip import embedded_clip
from hondo.engines.load import load
from hondo.images.read import read_image
from hondo.images.video_writer import VideoWriter
from hondo.video.live.live_stream import Stream

SIZE_HW, NETWORK_HW, FPS = (480, 640), (192, 640), 32.0
FASTER = 1.25  # than the predictor alone: the film on which the loop is measured
ROUNDS = 3
MIB = 2**20
WANTED = {"FPS": 30.0, "latency": 80.0, "memory growth": 20e6 / MIB, "share of the engine, not encoding": 75.0}


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What a viewer saw."""

    fps: float
    latencies_ms: np.ndarray
    dropped: int
    growth_mib: float


@dataclass(frozen=True, kw_only=True)
class Alone:
    """Frames a second of the predictor, and of the live loop around it while nobody looks; medians over rounds."""

    engine: float
    loop: float
    share: float


def make_film(path: Path, *, fps: float, most: int | None = None, times: int = 1) -> Path:
    """The embedded clip (its first ``most`` images), ``times`` forth and back: it can be looped without a cut."""
    files = list_images(embedded_clip().images)[:most]
    images = [cv2.resize(read_image(each), SIZE_HW[::-1]) for each in files]
    with VideoWriter(path, size_hw=SIZE_HW, fps=fps) as writer:
        for image in [*images, *images[::-1]] * times:
            writer.write(image)
    return path


def watch(film: Path, *options: str, seconds: float, warm_s: float) -> Watched:
    with hondo("live", str(film), "--loop", *options) as client:
        with connect(f"ws://127.0.0.1:{port_of(client)}/v1/live", proxy=None, max_size=None) as viewer:
            look(viewer.recv, seconds=warm_s)
            memory, dropped = gauge(client, "process_resident_memory_bytes"), client.get("/v1/live").json()
            start = time.monotonic()
            latencies = look(viewer.recv, seconds=seconds)
            fps = len(latencies) / (time.monotonic() - start)
        after = client.get("/v1/live").json()
        growth = (gauge(client, "process_resident_memory_bytes") - memory) / MIB
    lost = after["camera"]["stats"]["frames_dropped"] - dropped["camera"]["stats"]["frames_dropped"]
    return Watched(fps=fps, latencies_ms=np.array(latencies), dropped=lost, growth_mib=growth)


def look(receive, *, seconds: float) -> list[float]:
    """Takes messages for so long; the milliseconds from each frame's due time to here."""
    latencies, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        message = receive(timeout=60)
        if isinstance(message, bytes):
            (length,) = struct.unpack("<I", message[4:8])
            header = json.loads(message[8 : 8 + length])
            latencies.append(header["latency_ms"] + 1000 * (time.monotonic() - header["clock_s"]))
    return latencies


def without_viewer(folder: Path, *, engine: str, seconds: float, rounds: int, most: int | None) -> Alone:
    predictor = load("hondo-nano", size_hw=NETWORK_HW, engine=engine)
    found = by_turns(folder, predictor, seconds=seconds, rounds=rounds, most=most)
    predictor.close()
    return found


def by_turns(folder: Path, predictor: Predictor, *, seconds: float, rounds: int, most: int | None) -> Alone:
    engine_fps(predictor, seconds=min(2.0, seconds))  # compiles, settles
    film = make_film(folder / "fast.mp4", fps=FASTER * engine_fps(predictor, seconds=seconds), most=most)
    pairs = [
        (engine_fps(predictor, seconds=seconds), loop_fps(film, predictor, seconds=seconds)) for _ in range(rounds)
    ]
    shares = [100 * loop / engine for engine, loop in pairs]
    engines, loops = zip(*pairs, strict=True)
    return Alone(engine=float(np.median(engines)), loop=float(np.median(loops)), share=float(np.median(shares)))


def loop_fps(film: Path, predictor: Predictor, *, seconds: float) -> float:
    """The live loop: decode, predict, steady, colour range."""
    with Stream(str(film), predictor, loop=True) as stream:
        assert stream.latest(timeout=60) is not None
        time.sleep(min(1.0, seconds))
        start, before = time.perf_counter(), stream.stats().frames_predicted
        time.sleep(seconds)
        return (stream.stats().frames_predicted - before) / (time.perf_counter() - start)


def engine_fps(predictor: Predictor, *, seconds: float) -> float:
    """The predictor alone, as `hondo bench` measures its whole call."""
    image = np.zeros((*SIZE_HW, 3), np.uint8)
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        predictor(image)
        count += 1
    return count / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0, help="after the first minute")
    parser.add_argument("--quick", action="store_true", help="a few seconds")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    seconds, warm_s, alone_s, rounds = (3.0, 1.0, 0.5, 1) if given.quick else (given.seconds, 60.0, 10.0, ROUNDS)
    engine, most = ("torch", 8) if given.quick else ("auto", None)  # quick: nothing to compile
    with tempfile.TemporaryDirectory() as folder:
        alone = without_viewer(Path(folder), engine=engine, seconds=alone_s, rounds=rounds, most=most)
        film = make_film(Path(folder) / "film.mp4", fps=FPS, most=most)
        size = f"{NETWORK_HW[0]}x{NETWORK_HW[1]}"
        seen = watch(film, "--size", size, "--engine", engine, seconds=seconds, warm_s=warm_s)
    notes = (f"{seconds:g} s after {warm_s:g} s of warming up, one viewer on the same machine",)
    report = Report(title="Live from file to viewer", rows=rows(seen, alone, seconds=seconds), notes=notes)
    print(report.to_markdown())
    if given.json is not None:
        given.json.write_text(report.to_json() + "\n")


def rows(seen: Watched, alone: Alone, *, seconds: float) -> tuple[Row, ...]:
    subject = f"hondo live, 640x480 at {FPS:g} frames/s, {seconds:g} s"
    median, p95 = np.percentile(seen.latencies_ms, [50, 95])
    numbers: tuple[tuple[str, float, str, Better], ...] = (
        ("FPS", seen.fps, "1/s", "higher"), ("latency", float(median), "ms", "lower"),
        ("p95", float(p95), "ms", "lower"), ("dropped", float(seen.dropped), "", "lower"),
        ("memory growth", seen.growth_mib, "MiB", "lower"), ("engine alone", alone.engine, "1/s", "higher"),
        ("not encoding", alone.loop, "1/s", "higher"),
        ("share of the engine, not encoding", alone.share, "%", "higher"),
    )  # fmt: skip
    found = [Row(name=name, value=value, unit=unit, better=way, subject=subject) for name, value, unit, way in numbers]
    return (*found, *(replace(row, subject="wanted", value=WANTED[row.name]) for row in found if row.name in WANTED))


if __name__ == "__main__":
    main()
