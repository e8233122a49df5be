"""GET /, /v1/palettes and /v1/clip: the viewer page, its palettes and its sample clip."""

import base64
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse

from hondo.data.datasets.clip_files import list_images
from hondo.data.datasets.embedded_clip import embedded_clip
from hondo.images.colour import PALETTES, palette_colors
from hondo.web.http.refusal import Refusal, documented

STATIC = Path(__file__).resolve().parents[1] / "static"

router = APIRouter()


@router.get("/", response_class=FileResponse, include_in_schema=False)
async def index() -> FileResponse:
    """The viewer page; its scripts and styles are under /static."""
    return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})


@router.get("/favicon.ico", response_class=FileResponse, include_in_schema=False)
async def favicon() -> FileResponse:
    """The icon of the page."""
    return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml")


@router.get("/v1/palettes", responses=documented((401, 403, 429)))
async def palettes() -> dict[str, str]:
    """Palettes by name: 256 RGB colours from far to near, 3 bytes each, as base64."""
    return {name: base64.b64encode(palette_colors(name).tobytes()).decode() for name in PALETTES}


@router.get("/v1/clip", responses=documented((401, 403, 429)))
async def clip(request: Request) -> dict[str, Any]:
    """The number of images in the sample clip and its frame rate."""
    embedded = embedded_clip()
    return {"pictures": len(list_images(embedded.images)), "frames_per_second": embedded.frames_per_second}


@router.get("/v1/clip/{number}", response_class=FileResponse, responses=documented((400, 401, 403, 404, 429)))
async def image(number: Annotated[int, PathParameter(ge=0)]) -> FileResponse:
    """One image of the sample clip, a JPEG."""
    images = list_images(embedded_clip().images)
    if number >= len(images):
        raise Refusal(404, f"the clip has {len(images)} images, numbered from 0")
    return FileResponse(images[number], media_type="image/jpeg", headers={"Cache-Control": "max-age=3600"})
