"""Live from end to end: python benchmarks/live.py [--seconds 600] [--quick] [--json docs/reports/live.json]

`hondo live` on a 640x480 H.264 file of 30 frames a second, hondo-nano at 640x192, steadied, and one WebSocket viewer
that takes every message as a page does (JPEG and 16-bit depth): frames a second, latency from the moment a frame was
due to the moment the viewer has it, and what the server's memory grows by after the first minute. Beside them the
predictor alone.
"""

import argparse
import json
import struct
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from serving import gauge, hondo, port_of
from websockets.sync.client import connect

from hondo.core.report import Report, Row
from hondo.data.clip import embedded_clip
from hondo.data.clip_files import list_pictures
from hondo.engines.load import load
from hondo.images.io import read_image
from hondo.images.video_file import VideoWriter

SIZE_HW, NETWORK_HW, FPS = (480, 640), (192, 640), 30.0
MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What a viewer saw."""

    fps: float
    latencies_ms: np.ndarray
    dropped: int
    growth_mib: float


def make_film(path: Path) -> None:
    """The embedded clip, forth and back so that it can be looped without a cut, at 30 frames a second."""
    pictures = [cv2.resize(read_image(each), SIZE_HW[::-1]) for each in list_pictures(embedded_clip().images)]
    with VideoWriter(path, size_hw=SIZE_HW, fps=FPS) as writer:
        for image in [*pictures, *pictures[::-1]]:
            writer.write(image)


def watch(film: Path, *, engine: str, seconds: float, warm_s: float) -> Watched:
    size = f"{NETWORK_HW[0]}x{NETWORK_HW[1]}"
    with hondo("live", str(film), "--loop", "--size", size, "--engine", engine) as client:
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


def engine_fps(*, engine: str, seconds: float) -> float:
    """The predictor alone, as `hondo bench` measures its whole call."""
    predictor, image = load("hondo-nano", size_hw=NETWORK_HW, engine=engine), np.zeros((*SIZE_HW, 3), np.uint8)
    predictor(image)
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
    seconds, warm_s, alone_s = (3.0, 1.0, 0.5) if given.quick else (given.seconds, 60.0, 10.0)
    engine = "pytorch" if given.quick else "auto"  # quick: nothing to compile
    alone = engine_fps(engine=engine, seconds=alone_s)
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mp4"
        make_film(film)
        seen = watch(film, engine=engine, seconds=seconds, warm_s=warm_s)
    median, p95 = np.percentile(seen.latencies_ms, [50, 95])
    numbers = (
        ("FPS", seen.fps, "1/s", "higher"), ("latency", float(median), "ms", "lower"),
        ("p95", float(p95), "ms", "lower"),
        ("dropped", float(seen.dropped), "", "lower"), ("memory growth", seen.growth_mib, "MiB", "lower"),
        ("engine alone", alone, "1/s", "higher"),
    )  # fmt: skip
    rows = tuple(
        Row(name=name, value=value, unit=unit, better=better, subject="hondo live, 640x480 at 30 frames/s")
        for name, value, unit, better in numbers
    )
    notes = (f"{seconds:g} s after {warm_s:g} s of warming up, one viewer on the same machine",)
    report = Report(title="Live from file to viewer", rows=rows, notes=notes)
    print(report.to_markdown())
    if given.json is not None:
        given.json.write_text(report.to_json() + "\n")


if __name__ == "__main__":
    main()
