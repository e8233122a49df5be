"""Servers that are asked to stop, or killed, under load: what was accepted is answered or refused, and it comes back.

python benchmarks/campaigns/ends.py --json
"""

import os
import signal
import socket
import threading
import time

from campaign import Options, Tally, main
from serving import image_bytes, predictor

from hondo.web.http.server import bound, make_server
from hondo.web.inference.served_models import ServedModels
from hondo.web.inference.service import Service
from hondo.web.security.access import Access

CLIENTS, MAX_READY_S, MAX_STOP_S = 6, 5.0, 30.0
IMAGE = image_bytes((240, 320))
REQUEST = (
    b"POST /v1/depth HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(IMAGE)
    + IMAGE
)


def run(options: Options) -> Tally:
    """Every second case is a kill -9. The port stays the same, as behind a supervisor."""
    tally, slowest = Tally(), 0.0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for number in range(options.count):
        if options.is_over:
            break
        begun = time.monotonic()
        process = _start(port)
        if not _is_ready(port):
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            tally.fault(f"case {number}: not ready after {MAX_READY_S:g} s")
            continue
        slowest = max(slowest, time.monotonic() - begun)
        _load_and_end(tally, number, process, port)
    tally.notes.append(
        f"ready again after {slowest:.1f} s at most, in a copy of a process that has imported everything"
    )
    return tally


def _start(port: int) -> int:
    process = os.fork()
    if process:
        return process
    try:
        with bound("127.0.0.1", port) as listening:
            make_server(Service(ServedModels(("tiny",), load=predictor), access=Access())).run(sockets=[listening])
    finally:
        os._exit(0)


def _is_ready(port: int) -> bool:
    end = time.monotonic() + MAX_READY_S
    while time.monotonic() < end:
        try:
            if b" 200 " in _ask(port, b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"):
                return True
        except OSError:
            pass
        time.sleep(0.02)
    return False


def _ask(port: int, request: bytes) -> bytes:
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(request)
        while part := connection.recv(65536):
            answer += part
    return answer


def _load_and_end(tally: Tally, number: int, process: int, port: int) -> None:
    """Clients ask without a pause; after a moment the server is ended."""
    is_kill, stop, answers = bool(number % 2), threading.Event(), []
    clients = [threading.Thread(target=_ask_on, args=(port, stop, answers)) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    time.sleep(0.3)
    begun = time.monotonic()
    os.kill(process, signal.SIGKILL if is_kill else signal.SIGTERM)
    status = os.waitpid(process, 0)[1]
    taken = time.monotonic() - begun
    stop.set()
    for client in clients:
        client.join()
    cut = [answer for answer in answers if answer and not _is_whole(answer)]
    if is_kill:
        tally.count("killed, and started again")
    elif status or taken > MAX_STOP_S or cut:
        tally.fault(f"case {number}: ended with {status} after {taken:.1f} s, {len(cut)} answers cut")
    else:
        tally.count("stopped, all answers whole")


def _ask_on(port: int, stop: threading.Event, answers: list[bytes]) -> None:
    while not stop.is_set():
        try:
            answers.append(_ask(port, REQUEST))
        except OSError:  # refused or closed before anything was accepted
            continue


def _is_whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length: ")]
    return bool(lengths) and len(body) == int(lengths[0].split()[1])


if __name__ == "__main__":
    main("ends", run, asks="accepted requests are answered or refused; ready again in under 5 s", count=100, quick=4)
