"""GET /: the viewer."""

from fastapi import APIRouter
from fastapi.responses import FileResponse

from hondo.web.page import STATIC

router = APIRouter()


@router.get("/", response_class=FileResponse, include_in_schema=False)
async def index() -> FileResponse:
    """The page; its scripts and styles come from /static."""
    return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})


@router.get("/favicon.ico", response_class=FileResponse, include_in_schema=False)
async def favicon() -> FileResponse:
    return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml")
