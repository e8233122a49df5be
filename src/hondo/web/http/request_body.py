"""The image that a request carries: read within bounds of size and time, as its whole body or as a multipart file."""

import asyncio
from email.message import Message

from starlette.requests import ClientDisconnect, Request

from hondo.web.http.refusal import Refusal
from hondo.web.security.limits import Limits

_LINGER_S = 2.0  # a client that still sends gets to read the refusal


async def read_image(request: Request, limits: Limits) -> bytes:
    """The bytes of the one image in a request."""
    body = await read_body(request, limits)
    content_type = request.headers.get("content-type", "")
    if content_type.lower().startswith("multipart/form-data"):
        body = image_of(body, content_type=content_type)
    if not body:
        raise Refusal(400, "the body is empty; send an image as the request's body")
    return body


async def read_body(request: Request, limits: Limits) -> bytes:
    """The whole body, at most ``body_bytes`` long, within ``body_seconds``."""
    try:
        async with asyncio.timeout(limits.body_seconds):
            return await _bounded(request, limits)
    except TimeoutError:
        raise Refusal(408, f"the body did not come within {limits.body_seconds:g} s") from None
    except ClientDisconnect:
        raise Refusal(400, "the client went away before its body was complete") from None


async def _bounded(request: Request, limits: Limits) -> bytes:
    too_large = Refusal(413, f"the body is over {limits.body_bytes / 1e6:g} MB; make the image smaller")
    stated = request.headers.get("content-length", "0")
    if not stated.isdigit() or int(stated) > limits.body_bytes:
        if "expect" not in request.headers:  # curl asks first with Expect: 100-continue, and then sends nothing
            await _linger(request, limits)
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limits.body_bytes:
            await _linger(request, limits)
            raise too_large
    return bytes(body)


async def _linger(request: Request, limits: Limits) -> None:
    """Throws away what still comes, for a moment: a connection closed at once would also throw away our answer."""
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


FIELD = "image"
_MAX_PARTS = 16


def image_of(body: bytes, *, content_type: str) -> bytes:
    """The content of the part named ``image``, or of the only part that is a file."""
    boundary = _parameter("Content-Type", content_type, "boundary")
    if not boundary:
        raise Refusal(400, "a multipart body needs its boundary in Content-Type")
    parts = _parts(body, boundary.encode("latin-1", errors="replace"))
    named = [content for name, _, content in parts if name == FIELD]
    files = [content for _, is_file, content in parts if is_file]
    if len(named) != 1 and len(files) != 1:
        raise Refusal(400, f"a multipart body needs one file, in a field named '{FIELD}'; it has {len(files)}")
    return named[0] if len(named) == 1 else files[0]


def _parts(body: bytes, boundary: bytes) -> list[tuple[str, bool, bytes]]:
    """(field name, whether it is a file, content) of each part."""
    mark = b"\r\n--" + boundary
    pieces = (b"\r\n" + body).split(mark, _MAX_PARTS + 1)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise Refusal(400, f"this multipart body is cut off, or has over {_MAX_PARTS} parts")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> tuple[str, bool, bytes]:
    head, blank, content = piece.partition(b"\r\n\r\n")
    if not blank:
        raise Refusal(400, "a part of this multipart body has no head")
    lines = head.decode("latin-1").split("\r\n")
    disposition = next((line for line in lines if line.lower().startswith("content-disposition:")), "")
    value = disposition.partition(":")[2].strip()
    name = _parameter("Content-Disposition", value, "name")
    return name or "", _parameter("Content-Disposition", value, "filename") is not None, content


def _parameter(header: str, value: str, name: str) -> str | None:
    message = Message()
    message[header] = value.replace("\r", " ").replace("\n", " ")
    found = message.get_param(name, header=header)
    return found if isinstance(found, str) else None
