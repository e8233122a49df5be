"""GET /v1/palettes: the colours of depth, so that a page shows them as the command line does."""

import base64

from fastapi import APIRouter

from hondo.images.colour import PALETTES, palette_colors
from hondo.web.refusal import documented

router = APIRouter()


@router.get("/v1/palettes", responses=documented((401, 403, 429)))
async def palettes() -> dict[str, str]:
    """Palette by name: 256 colours from far to near, 3 bytes RGB each, as base64."""
    return {name: base64.b64encode(palette_colors(name).tobytes()).decode() for name in PALETTES}
