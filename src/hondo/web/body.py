"""The picture that a request carries: read within bounds of size and time, as its whole body or as a multipart file."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from hondo.web.limits import Limits
from hondo.web.multipart import picture_of
from hondo.web.refusal import Refusal

_LINGER_S = 2.0  # a client that still sends gets to read the refusal


async def read_picture(request: Request, limits: Limits) -> bytes:
    """The bytes of the one picture in a request."""
    body = await read_body(request, limits)
    content_type = request.headers.get("content-type", "")
    if content_type.lower().startswith("multipart/form-data"):
        body = picture_of(body, content_type=content_type)
    if not body:
        raise Refusal(400, "the body is empty; send a picture, e.g. curl --data-binary @photo.jpg")
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
    too_large = Refusal(413, f"the body is over {limits.body_bytes / 1e6:g} MB; make the picture smaller")
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
