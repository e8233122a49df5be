"""WS /v1/stream: the client's images to depth. WS and GET /v1/live: the frames and the state of the server camera."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, WebSocket

from hondo.web.http.refusal import Refusal, documented
from hondo.web.inference.service import Service, client_of, service_of
from hondo.web.sockets.client_stream import ClientStream, StreamOptions
from hondo.web.sockets.live_view import LiveView
from hondo.web.sockets.websocket import accept, query_options, run_stream

router = APIRouter()


@router.websocket("/v1/stream")
async def stream(websocket: WebSocket) -> None:
    """Receives image files as binary messages; sends frames (hondo.web.encode.frame_message) or errors as JSON."""
    await run_stream(websocket, _run_client_stream)


async def _run_client_stream(websocket: WebSocket, service: Service) -> None:
    options = StreamOptions().updated(query_options(websocket))
    await accept(websocket)
    await ClientStream(websocket, service, client=client_of(websocket), options=options).run()


@router.get("/v1/live", responses=documented((401, 403, 429)))
async def live_state(request: Request) -> dict[str, Any]:
    """The name and state of the server camera; null if this server has none."""
    camera = service_of(request).camera
    return {"camera": None if camera is None else {"name": camera.name, "stats": asdict(camera.stream.stats())}}


@router.websocket("/v1/live")
async def live(websocket: WebSocket) -> None:
    """Sends frames with image and depth (hondo.web.encode.frame_message); without new frames, the state as JSON text.

    Text messages from the client: {"action": "pause" or "resume"}, {"model": a name from /v1/models}, and {"shown": how
    many frames it has shown}. With the option ``ahead``, at most that many frames are sent before they are shown.
    """
    await run_stream(websocket, _run_live_view)


async def _run_live_view(websocket: WebSocket, service: Service) -> None:
    given = query_options(websocket)
    deflate, ahead = given.pop("deflate", False), given.pop("ahead", None)
    if given or not isinstance(deflate, bool):
        raise Refusal(400, "a live view has two options: deflate (true or false) and ahead (a number of frames)")
    if not (ahead is None or (isinstance(ahead, int) and not isinstance(ahead, bool) and ahead > 0)):
        raise Refusal(400, "ahead must be a positive number of frames")
    if service.camera is None:
        raise Refusal(404, "this server has no camera; start it with hondo live SOURCE")
    await accept(websocket)
    await LiveView(websocket, service, service.camera, deflate=deflate, ahead=ahead).run()
