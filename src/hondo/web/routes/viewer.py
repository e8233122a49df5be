"""GET /, /v1/palettes and /v1/clip: the viewer page and what it shows without a camera."""

import base64
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse

from hondo.data.datasets.clip_files import list_pictures
from hondo.data.datasets.embedded_clip import embedded_clip
from hondo.images.colour import PALETTES, palette_colors
from hondo.web.http.refusal import Refusal, documented

STATIC = Path(__file__).resolve().parents[1] / "static"


router = APIRouter()


@router.get("/", response_class=FileResponse, include_in_schema=False)
async def index() -> FileResponse:
    """The page; its scripts and styles come from /static."""
    return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})


@router.get("/favicon.ico", response_class=FileResponse, include_in_schema=False)
async def favicon() -> FileResponse:
    return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml")


@router.get("/v1/palettes", responses=documented((401, 403, 429)))
async def palettes() -> dict[str, str]:
    """Palette by name: 256 colours from far to near, 3 bytes RGB each, as base64."""
    return {name: base64.b64encode(palette_colors(name).tobytes()).decode() for name in PALETTES}


@router.get("/v1/clip", responses=documented((401, 403, 429)))
async def clip(request: Request) -> dict[str, Any]:
    """How many pictures the embedded clip has, and how fast they follow each other."""
    embedded = embedded_clip()
    return {"pictures": len(list_pictures(embedded.images)), "frames_per_second": embedded.frames_per_second}


@router.get("/v1/clip/{number}", response_class=FileResponse, responses=documented((400, 401, 403, 404, 429)))
async def picture(number: Annotated[int, PathParameter(ge=0)]) -> FileResponse:
    """A picture of the clip by its number, a JPEG."""
    pictures = list_pictures(embedded_clip().images)
    if number >= len(pictures):
        raise Refusal(404, f"the clip has {len(pictures)} pictures, numbered from 0")
    return FileResponse(pictures[number], media_type="image/jpeg", headers={"Cache-Control": "max-age=3600"})
