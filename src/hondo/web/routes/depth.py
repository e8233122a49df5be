"""POST /v1/depth: a picture in, its depth out."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from hondo.web.answers import choose_form, depth_answer
from hondo.web.body import read_picture
from hondo.web.openapi import FACTS_EXAMPLE, PICTURE_BODY
from hondo.web.rate import is_near
from hondo.web.refusal import documented
from hondo.web.service import client_of, service_of

router = APIRouter()

RESPONSES = {
    200: {
        "description": "16-bit PNG (0 = unknown; value = (png - offset) / factor, told in X-Hondo-Factor and -Offset), "
        "NPZ (values in the map's own unit), JSON with the PNG as base64, or a colour JPEG",
        "content": {
            "image/png": {},
            "application/x-npz": {},
            "image/jpeg": {},
            "application/json": {"example": FACTS_EXAMPLE},
        },
    },
} | documented((400, 401, 403, 404, 406, 408, 413, 415, 422, 429, 500, 503))


@router.post("/v1/depth", response_class=Response, responses=RESPONSES, openapi_extra=PICTURE_BODY)
async def depth(
    request: Request,
    form: Annotated[
        Literal["png16", "npz", "json", "color"] | None, Query(alias="format", description="overrides Accept")
    ] = None,
    model: Annotated[str | None, Query(description="a name from /v1/models")] = None,
) -> Response:
    """The depth of the picture in the body (JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF or PPM)."""
    service, client = service_of(request), client_of(request)
    chosen = choose_form(accept=request.headers.get("accept", ""), form=form)
    service.check_ready()
    with service.requests.one(client):
        picture = await read_picture(request, service.limits)
        answer = await service.predict(
            picture, client=client, model=model,
            then=lambda prediction: depth_answer(prediction, form=chosen, is_near=is_near(client)),
        )  # fmt: skip
    return Response(answer.body, media_type=answer.media_type, headers=answer.headers)
