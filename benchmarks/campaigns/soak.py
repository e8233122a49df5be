"""A server under steady load: streams at 30 frames/s, two slow readers, twelve clients that never read an answer.

    python benchmarks/campaigns/soak.py --count 3600 --json

The number of cases is the number of seconds. Memory is compared with that after the first fifth.
"""

import json
import socket
import struct
import threading
import time

import numpy as np
from campaign import Options, Tally, main, resident_mb
from hostile_requests import frame
from serving import Running, image_bytes, serving

from hondo.client import read_frame

FPS, STREAMS, SLOW, NEVER = 30.0, 2, 2, 12
MAX_GROWTH_MB, MAX_AGE_S = 20.0, 1.0
IMAGE = image_bytes((120, 160), form="JPEG")
LARGE = image_bytes((1500, 2000), form="JPEG")
HEAD = (
    b"GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def run(options: Options) -> Tally:
    """One case is one second, in which the newest frame of each reader must not be old."""
    tally, stop, ages = Tally(), threading.Event(), [0.0] * STREAMS
    with serving(send_seconds=3.0, rate_per_s=1e6, burst=10**6) as server:
        threads = [threading.Thread(target=_stream, args=(server, stop, ages, place)) for place in range(STREAMS)]
        threads += [threading.Thread(target=_read_slowly, args=(server, stop)) for _ in range(SLOW)]
        threads += [threading.Thread(target=_never_read, args=(server, stop)) for _ in range(NEVER)]
        for thread in threads:
            thread.start()
        warm, before = max(1, options.count // 5), 0.0
        for second in range(options.count):
            time.sleep(1)
            if second == warm:
                before = resident_mb()
            oldest = max(ages)
            tally.count("fresh") if oldest <= MAX_AGE_S * (5 if options.quick else 1) else tally.fault(
                f"second {second}: a frame of {oldest:.1f} s"
            )
            if options.is_over:
                break
        grown = resident_mb() - before
        stop.set()
        for thread in threads:
            thread.join(timeout=20)
        registry = server.service.metrics.registry
        dropped = registry.get_sample_value("hondo_stream_frames_total", {"fate": "dropped"}) or 0
        cut = registry.get_sample_value("hondo_client_mistakes_total", {"kind": "not reading"}) or 0
    if grown > MAX_GROWTH_MB and not options.quick:  # a few seconds say nothing about it
        tally.fault(f"memory grew by {grown:.0f} MB after the first {warm} s")
    tally.notes.append(
        f"memory grew by {grown:.0f} MB after the first {warm} s; {dropped:.0f} frames dropped and counted; {cut:.0f} "
        f"clients cut that took nothing; longest stall {server.stall_s * 1000:.0f} ms"
    )
    return tally


def _stream(server: Running, stop: threading.Event, ages: list[float], place: int) -> None:
    """Sends at ``FPS`` and reads all answers; the age is the time since the image of the newest answer was sent."""
    with server.connect() as connection:
        connection.sendall(HEAD)
        _until_blank(connection)
        sent: dict[int, float] = {}
        reader = threading.Thread(target=_read_frames, args=(connection, sent, ages, place), daemon=True)
        reader.start()
        for number in range(10**9):
            if stop.is_set():
                break
            sent[number] = time.monotonic()
            connection.sendall(frame(2, IMAGE))
            time.sleep(1 / FPS)
        connection.shutdown(socket.SHUT_RDWR)
        reader.join(timeout=5)


def _read_frames(connection: socket.socket, sent: dict[int, float], ages: list[float], place: int) -> None:
    try:
        while True:
            message = _message(connection)
            facts = read_frame(message).facts if message[:4] == b"HND1" else json.loads(message)
            if "number" in facts:
                ages[place] = time.monotonic() - sent[facts["number"]]
                for old in [number for number in sent if number <= facts["number"]]:
                    del sent[old]
    except (OSError, EOFError, KeyError):
        return


def _message(connection: socket.socket) -> bytes:
    head = _exactly(connection, 2)
    length = head[1] & 127
    if length == 126:
        (length,) = struct.unpack(">H", _exactly(connection, 2))
    elif length == 127:
        (length,) = struct.unpack(">Q", _exactly(connection, 8))
    return _exactly(connection, length)


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def _until_blank(connection: socket.socket) -> None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += _exactly(connection, 1)


def _request(body: bytes) -> bytes:
    head = f"POST /v1/depth?format=npz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _read_slowly(server: Running, stop: threading.Event) -> None:
    """Takes an answer of 12 MB at 300 kB/s, again and again."""
    while not stop.is_set():
        try:
            with server.connect(seconds=5) as connection:
                connection.sendall(_request(LARGE))
                while not stop.is_set() and connection.recv(30_000):
                    time.sleep(0.1)
        except OSError:
            time.sleep(0.2)


def _never_read(server: Running, stop: threading.Event) -> None:
    """Asks for an answer of 12 MB and takes nothing of it, again and again."""
    while not stop.is_set():
        try:
            with server.connect(seconds=5) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.sendall(_request(LARGE))
                stop.wait(float(np.random.default_rng().uniform(1, 6)))
        except OSError:
            time.sleep(0.2)


if __name__ == "__main__":
    main(
        "soak",
        run,
        asks="memory grows by less than 20 MB, the newest frame is never older than 1 s, drops are counted",
        count=3600,
        quick=5,
        seconds=4000,
    )
