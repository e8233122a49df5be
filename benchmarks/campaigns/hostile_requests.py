"""Hostile HTTP and WebSocket requests: never a 5xx, never a stalled event loop, never a connection to elsewhere.

    python benchmarks/campaigns/hostile_requests.py --json

The values of query parameters are made from the server's own OpenAPI document: right ones, and wrong ones of each type.
"""

import json
import logging
import random
import socket
import struct
import time
from collections.abc import Callable

from campaign import Options, Tally, main, resident_mb
from serving import Running, image_bytes, serving

MAX_STALL_S = 0.2
ODD = (
    "", "0", "-1", "1e400", "nan", "²", "%00", "%ff", "../../etc/passwd", "a" * 3000, "[" * 2000, "null", "1,2,3,4",
)  # fmt: skip
ODD_TEXT = (
    "{", "[" * 5000, "null", "3", '{"side": 1e99}', '{"side": ' + "9" * 5000 + "}", '{"model": []}', "\0", "é" * 500,
)  # fmt: skip


def run(options: Options) -> Tally:
    """One case is one connection with one request, or one WebSocket with a few messages."""
    tally, rng = Tally(), random.Random(options.seed)
    errors = _Errors()
    with serving(rate_per_s=1e9, burst=10**9, body_seconds=1.0, head_seconds=1.0, send_seconds=1.0) as server:
        parameters = _parameters(server)
        started, before = time.monotonic(), 0.0
        for number in range(options.count):
            if options.is_over:
                break
            kind = rng.choice(list(KINDS))
            try:
                answer = KINDS[kind](server, rng, parameters)
            except OSError as error:
                tally.count(f"connection ended ({type(error).__name__})")
            else:
                _judge(tally, kind, answer)
            if number == options.count // 5:
                before = resident_mb()
        _summary(tally, server, errors, seconds=time.monotonic() - started, before=before)
    return tally


def _summary(tally: Tally, server: Running, errors: "_Errors", *, seconds: float, before: float) -> None:
    rate, grown = tally.tried / seconds, resident_mb() - before
    tally.notes.append(
        f"{rate:.0f} requests/s; longest stall of the event loop {server.stall_s * 1000:.0f} ms, "
        f"of which its own work {server.stall_cpu_s * 1000:.0f} ms at most; "
        f"memory grew by {grown:.0f} MB after the first fifth; {len(errors.lines)} lines in the log"
    )
    if server.stall_cpu_s > MAX_STALL_S:
        tally.fault(f"the event loop computed for {server.stall_cpu_s:.2f} s in one go")
    for line in server.left:
        tally.fault(f"a connection left the machine: {line}")
    for line in errors.lines:
        tally.fault(f"logged: {line}")


class _Errors(logging.Handler):
    """What the service logs as an error."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        logging.getLogger().addHandler(self)
        for name in ("uvicorn", "uvicorn.error", "asyncio", "hondo"):
            logging.getLogger(name).addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        error = "" if not record.exc_info else f": {record.exc_info[1]!r}"
        self.lines.append((record.getMessage().splitlines()[0] + error)[:200])


def _judge(tally: Tally, kind: str, answer: bytes) -> None:
    status = answer[9:12].decode("latin-1") if answer.startswith(b"HTTP/1.1 ") else "none"
    if status.startswith("5") and status != "503":
        tally.fault(f"{kind}: {answer[:200]!r}")
    elif b"root:x:" in answer:
        tally.fault(f"{kind}: a file of the machine was sent")
    else:
        tally.count(f"{status[0]}xx" if status != "none" else "closed")


def _parameters(server: Running) -> list[tuple[str, str, list[str]]]:
    """Method, path and parameters of every operation in the OpenAPI document."""
    answer = _talk(server, b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    body = answer.partition(b"\r\n\r\n")[2]
    stated = json.loads(body)
    return [
        (method.upper(), path, [each["name"] for each in facts.get("parameters", ())])
        for path, methods in stated["paths"].items()
        for method, facts in methods.items()
    ]


def _talk(server: Running, request: bytes, *, seconds: float = 8.0, limit: int = 3_000_000) -> bytes:
    """Everything the server answers until it closes."""
    answer = b""
    with server.connect(seconds=seconds) as connection:
        connection.sendall(request)
        while len(answer) < limit and (part := connection.recv(65536)):
            answer += part
    return answer


def _target(rng: random.Random, parameters: list) -> tuple[str, str]:
    method, path, names = rng.choice(parameters)
    path = path.replace("{number}", rng.choice(ODD)).replace("{", "").replace("}", "")
    chosen = rng.sample(names, rng.randint(0, len(names))) + rng.choices(["x", "model", "side"], k=rng.randint(0, 1))
    query = "&".join(f"{name}={rng.choice(ODD)}" for name in chosen)
    target = f"{path}?{query}" if query else path
    return rng.choice([method, method, "GET", "POST", "PUT", "HEAD", "OPTIONS"]), target.replace(" ", "%20")


def _head(method: str, target: str, headers: dict[str, str]) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("utf-8", "replace")


BASE = {"Host": "127.0.0.1", "Connection": "close"}
IMAGE = image_bytes()


def _plain(server: Running, rng: random.Random, parameters: list) -> bytes:
    method, target = _target(rng, parameters)
    body = rng.choice([b"", IMAGE, IMAGE[: rng.randrange(len(IMAGE))], rng.randbytes(rng.randrange(3000))])
    return _talk(server, _head(method, target, BASE | {"Content-Length": str(len(body))}) + body)


def _odd_headers(server: Running, rng: random.Random, parameters: list) -> bytes:
    names = (
        "Origin", "Host", "Accept", "Content-Type", "Authorization", "Content-Length", "Transfer-Encoding", "Expect",
        "Range", "Cookie", "Upgrade", "X-Forwarded-For",
    )  # fmt: skip
    values = (
        *ODD, "http://[", "http://[::1", "chunked", "100-continue", "Bearer ²", "multipart/form-data", "bytes=0-",
        "multipart/form-data; boundary*0=a; boundary*=b", "*/*;q=x", "websocket",
    )  # fmt: skip
    headers = BASE | {rng.choice(names): rng.choice(values) for _ in range(rng.randint(1, 4))}
    method, target = _target(rng, parameters)
    return _talk(server, _head(method, target, headers))


def _multipart(server: Running, rng: random.Random, parameters: list) -> bytes:
    dispositions = (
        'form-data; name="image"', 'form-data; name="image"; filename="a.png"', "form-data; name*=a; name*0=b", "x",
        f"form-data; name*{'9' * rng.randrange(5000)}=b", 'form-data; name="' + ";" * rng.randrange(4000) + '"', "",
    )  # fmt: skip
    parts = b""
    for _ in range(rng.choice([0, 1, 1, 2, 20])):
        content = rng.choice([IMAGE, b"", rng.randbytes(500)])
        parts += b"--B\r\nContent-Disposition: " + rng.choice(dispositions).encode() + b"\r\n\r\n" + content + b"\r\n"
    body = parts + rng.choice([b"--B--\r\n", b"", b"--B", b"\r\n--B--"])
    headers = {"Content-Type": "multipart/form-data; boundary=B", "Content-Length": str(len(body))}
    return _talk(server, _head("POST", "/v1/depth", BASE | headers) + body)


def _raw(server: Running, rng: random.Random, parameters: list) -> bytes:
    starts = (
        b"GET / HTTP/1.1\r\n", b"POST /v1/depth HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"\x16\x03\x01",
        b"GET /%2e%2e/%2e%2e/etc/passwd ",
    )  # fmt: skip
    rest = rng.choice([rng.randbytes(rng.randrange(2000)), b"\r\n\r\n", b"A: " + b"a" * 100_000, b"\r\n" * 500])
    return _talk(server, rng.choice(starts) + rest + b"\r\n\r\n")


def _files(server: Running, rng: random.Random, parameters: list) -> bytes:
    escape = rng.choice(["../", "..%2f", "%2e%2e/", "..\\", "....//", "/"]) * rng.randint(1, 8)
    place = rng.choice(["/static/", "/", "/v1/clip/"]) + escape + rng.choice(["etc/passwd", "app.py", "index.html"])
    return _talk(server, _head("GET", place, BASE))


def frame(opcode: int, payload: bytes, *, final: bool = True) -> bytes:
    """A masked frame, with the mask zero (RFC 6455, section 5.2)."""
    size, mask_bit = len(payload), 0x80
    if size < 126:
        length = bytes([mask_bit | size])
    elif size < 65536:
        length = bytes([mask_bit | 126]) + struct.pack(">H", size)
    else:
        length = bytes([mask_bit | 127]) + struct.pack(">Q", size)
    return bytes([0x80 * final | opcode]) + length + bytes(4) + payload


def _websocket(server: Running, rng: random.Random, parameters: list) -> bytes:
    path = rng.choice(["/v1/stream", "/v1/live"]) + rng.choice(["", "?side=%C2%B2", "?side=64", "?model=x", "?x=1"])
    headers = {
        "Host": "127.0.0.1", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }  # fmt: skip
    messages = b""
    for _ in range(rng.randint(0, 4)):
        messages += rng.choice([
            frame(2, IMAGE), frame(2, rng.randbytes(200)), frame(1, rng.choice(ODD_TEXT).encode()), frame(9, b"x"),
            frame(1, b"\xff\xfe"), frame(3, b""), frame(0, b"x"), frame(1, b"{", final=False), rng.randbytes(50),
        ])  # fmt: skip
    end = frame(8, struct.pack(">H", 1000))
    with server.connect(seconds=5) as connection:
        connection.sendall(_head("GET", path, headers))
        answer = connection.recv(65536)
        if b" 101 " in answer[:20]:
            connection.sendall(messages + end)
        while part := connection.recv(65536):
            answer += part
    return answer


def _gone(server: Running, rng: random.Random, parameters: list) -> bytes:
    """A client that leaves in the middle."""
    request = _head("POST", "/v1/depth?format=npz", BASE | {"Content-Length": str(len(IMAGE))}) + IMAGE
    with server.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(request[: rng.randrange(1, len(request) + 1)])
    return b""


KINDS: dict[str, Callable[[Running, random.Random, list], bytes]] = {
    "plain": _plain, "headers": _odd_headers, "multipart": _multipart, "raw": _raw, "files": _files,
    "websocket": _websocket, "gone": _gone,
}  # fmt: skip


if __name__ == "__main__":
    main(
        "hostile_requests",
        run,
        asks="no 5xx, no stall over 0.2 s, nothing logged as an error, no file sent, no connection to elsewhere",
        count=100_000,
        quick=400,
    )
