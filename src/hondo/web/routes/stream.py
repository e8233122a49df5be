"""WS /v1/stream: pictures in, depth out, newest wins."""

from fastapi import APIRouter, WebSocket

from hondo.web.client_stream import ClientStream, StreamOptions
from hondo.web.service import Service, client_of
from hondo.web.websocket import accept, in_place, query_options

router = APIRouter()


@router.websocket("/v1/stream")
async def stream(websocket: WebSocket) -> None:
    """Binary messages are picture files; each answer is a frame (hondo.web.frame), or JSON text that tells an error."""
    await in_place(websocket, _talk)


async def _talk(websocket: WebSocket, service: Service) -> None:
    options = StreamOptions().changed(query_options(websocket))
    await accept(websocket)
    await ClientStream(websocket, service, client=client_of(websocket), options=options).run()
