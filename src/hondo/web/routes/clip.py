"""GET /v1/clip and its pictures: the embedded clip, so that the viewer has something to show without a camera."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import FileResponse

from hondo.data.clip import embedded_clip
from hondo.data.clip_files import list_pictures
from hondo.web.refusal import Refusal, documented

router = APIRouter()


@router.get("/v1/clip", responses=documented((401, 403, 429)))
async def clip(request: Request) -> dict[str, Any]:
    """How many pictures the embedded clip has, and how fast they follow each other."""
    embedded = embedded_clip()
    return {"pictures": len(list_pictures(embedded.images)), "frames_per_second": embedded.frames_per_second}


@router.get("/v1/clip/{number}", response_class=FileResponse, responses=documented((400, 401, 403, 404, 429)))
async def picture(number: Annotated[int, Path(ge=0)]) -> FileResponse:
    """A picture of the clip by its number, a JPEG."""
    pictures = list_pictures(embedded_clip().images)
    if number >= len(pictures):
        raise Refusal(404, f"the clip has {len(pictures)} pictures, numbered from 0")
    return FileResponse(pictures[number], media_type="image/jpeg", headers={"Cache-Control": "max-age=3600"})
