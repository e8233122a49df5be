"""The image in a request: the body itself or one file of a multipart form, read within limits of size and time."""

import asyncio
import logging
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from hondo.web.http.refusal import Refusal
from hondo.web.security.limits import Limits

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FIELD = "image"
_LINGER_S = 2.0  # how long an unwanted body is still read, so that the client receives the refusal
_MAX_PARTS = 16
_MAX_PART_HEADERS = 8
_MAX_HEADER_BYTES = 4096  # of one header of a part; also of Content-Type
logging.getLogger("python_multipart").setLevel(logging.ERROR)  # malformed bodies are answered with 400, not logged


async def read_image(request: Request, limits: Limits) -> bytes:
    """The bytes of the one image in a request."""
    body = await read_body(request, limits)
    content_type = request.headers.get("content-type", "")
    if content_type.lower().startswith("multipart/form-data"):
        body = parse_form_image(body, content_type=content_type)
    if not body:
        raise Refusal(400, "the body is empty; send an image as the request's body")
    return body


async def read_body(request: Request, limits: Limits) -> bytes:
    """The complete body: at most ``body_bytes`` bytes, within ``body_seconds``."""
    try:
        async with asyncio.timeout(limits.body_seconds):
            return await _read_bounded(request, limits)
    except TimeoutError:
        raise Refusal(408, f"the request body did not arrive within {limits.body_seconds:g} s") from None
    except ClientDisconnect:
        raise Refusal(400, "the client disconnected before its body was complete") from None


async def _read_bounded(request: Request, limits: Limits) -> bytes:
    too_large = Refusal(413, f"the body is larger than {limits.body_bytes / 1e6:g} MB; send a smaller image")
    stated = request.headers.get("content-length", "0")
    if not re.fullmatch("[0-9]{1,19}", stated) or int(stated) > limits.body_bytes:
        if "expect" not in request.headers:  # with Expect: 100-continue, curl waits and sends no body after a refusal
            await _discard(request, limits)
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limits.body_bytes:
            await _discard(request, limits)
            raise too_large
    return bytes(body)


async def _discard(request: Request, limits: Limits) -> None:
    """Reads and drops the rest of the body for a moment: closing at once could also discard the response."""
    taken = 0
    try:
        async with asyncio.timeout(min(_LINGER_S, limits.body_seconds)):
            while taken < 2 * limits.body_bytes:
                message = await request.receive()
                taken += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body"):
                    return
    except TimeoutError:
        return


def parse_form_image(body: bytes, *, content_type: str) -> bytes:
    """The content of the form's field ``image``, or of its only file."""
    boundary = parse_options_header(content_type)[1].get(b"boundary") if len(content_type) < _MAX_HEADER_BYTES else None
    if not boundary:
        raise Refusal(400, "a multipart body needs its boundary in Content-Type")
    parts = _parse_parts(body, boundary)
    named = [part for part in parts if part.name == FIELD]
    files = [part for part in parts if part.is_file]
    if len(named) != 1 and len(files) != 1:
        raise Refusal(400, f"a multipart body needs one file, in a field named '{FIELD}'; it has {len(files)}")
    return (named if len(named) == 1 else files)[0].content


def _parse_parts(body: bytes, boundary: bytes) -> "list[_Part]":
    """The parts of a complete multipart body.

    The number of delimiters is checked first: the parser examines each candidate byte by byte in Python, so that
    a body full of them would keep the server busy.
    """
    malformed = Refusal(400, f"the multipart body is cut off, malformed, or has more than {_MAX_PARTS} parts")
    if (b"\r\n" + body).count(b"\r\n--" + boundary) > _MAX_PARTS + 1:
        raise malformed
    form = _Form()
    limits = {"max_header_count": _MAX_PART_HEADERS, "max_header_size": _MAX_HEADER_BYTES}
    try:
        MultipartParser(boundary, form.callbacks(), **limits).write(body)
    except FormParserError:
        raise malformed from None
    if not form.is_complete:
        raise malformed
    return form.parts


@dataclass(kw_only=True)
class _Part:
    """One field of a form."""

    header: bytes = b""  # name of the header that is being read
    disposition: bytes = b""
    chunks: list[bytes] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self._options.get(b"name", b"").decode("latin-1")

    @property
    def is_file(self) -> bool:
        return b"filename" in self._options

    @property
    def content(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def _options(self) -> dict[bytes, bytes]:
        return parse_options_header(self.disposition.decode("latin-1"))[1]


class _Form:
    """Collects parts from the callbacks of python-multipart."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self.is_complete = False

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": lambda: self.parts.append(_Part()),
            "on_header_begin": self._begin_header,
            "on_header_field": self._add_header_name,
            "on_header_value": self._add_header_value,
            "on_part_data": lambda data, start, end: self.parts[-1].chunks.append(data[start:end]),
            "on_end": self._end,
        }

    def _begin_header(self) -> None:
        self.parts[-1].header = b""

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].header += data[start:end].lower()

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        if self.parts[-1].header == b"content-disposition":
            self.parts[-1].disposition += data[start:end]

    def _end(self) -> None:
        self.is_complete = True
