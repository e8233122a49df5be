"""WS /v1/stream: pictures in, depth out, newest wins."""

from contextlib import suppress

from fastapi import APIRouter, WebSocket
from starlette.responses import Response
from starlette.websockets import WebSocketDisconnect

from hondo.web.access import SUBPROTOCOL
from hondo.web.client_stream import ClientStream, StreamOptions
from hondo.web.refusal import Refusal
from hondo.web.service import client_of, service_of

router = APIRouter()


@router.websocket("/v1/stream")
async def stream(websocket: WebSocket) -> None:
    """Binary messages are picture files; each answer is a frame (hondo.web.frame), or JSON text that tells an error."""
    service, client = service_of(websocket), client_of(websocket)
    try:
        service.check_ready()
        options = StreamOptions().changed(_query(websocket))
        with service.streams.one(client):
            offered = websocket.scope.get("subprotocols", [])
            await websocket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
            with suppress(WebSocketDisconnect):
                await ClientStream(websocket, service, client=client, options=options).run()
    except Refusal as refusal:
        answer = Response(refusal.body, refusal.status, headers=refusal.headers, media_type="application/json")
        await websocket.send_denial_response(answer)


def _query(websocket: WebSocket) -> dict[str, object]:
    """The options in the address, as the values they are in JSON."""
    given: dict[str, object] = dict(websocket.query_params)
    if "side" in given:
        text = str(given["side"])
        given["side"] = int(text) if text.isdigit() and len(text) < 6 else -1
    if "deflate" in given:
        given["deflate"] = {"true": True, "1": True, "false": False, "0": False}.get(str(given["deflate"]), "")
    return given
