"""GET /docs: the routes in a browser, by Swagger UI from this package: nothing is loaded from elsewhere."""

import gzip
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from hondo.web.http.refusal import REASONS, Refusal
from hondo.web.routes.viewer import STATIC

FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}  # stored compressed

router = APIRouter(include_in_schema=False)


@router.get("/docs", response_class=FileResponse)
async def docs() -> FileResponse:
    """The page."""
    return FileResponse(STATIC / "docs.html", headers={"Cache-Control": "no-cache"})


@router.get("/docs/{name}", response_class=Response)
async def swagger_file(name: str, request: Request) -> Response:
    """A file of Swagger UI, as it is stored for clients that accept gzip."""
    if name not in FILES:
        raise Refusal(404, REASONS[404])
    path: Path = STATIC / "vendor" / f"{name}.gz"
    headers = {"Cache-Control": "max-age=3600", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return FileResponse(path, media_type=FILES[name], headers=headers | {"Content-Encoding": "gzip"})
    return Response(gzip.decompress(path.read_bytes()), media_type=FILES[name], headers=headers)
