"""POST /v1/depth: an image in, its depth out."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from hondo.core.errors import HondoError
from hondo.core.types import Camera
from hondo.data.datasets.intrinsics import ASSUMED_FOV_DEG
from hondo.web.encode.answers import PLY_TYPE, choose_form, depth_answer, ply_answer
from hondo.web.http.openapi import FACTS_EXAMPLE, IMAGE_BODY
from hondo.web.http.refusal import Refusal, documented
from hondo.web.http.request_body import read_image
from hondo.web.inference.service import CameraOf, client_of, service_of
from hondo.web.security.limits import is_near

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


@router.post("/v1/depth", response_class=Response, responses=RESPONSES, openapi_extra=IMAGE_BODY)
async def depth(
    request: Request,
    form: Annotated[
        Literal["png16", "npz", "json", "color"] | None, Query(alias="format", description="overrides Accept")
    ] = None,
    model: Annotated[str | None, Query(description="a name from /v1/models")] = None,
) -> Response:
    """The depth of the image in the body (JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF or PPM)."""
    service, client = service_of(request), client_of(request)
    chosen = choose_form(accept=request.headers.get("accept", ""), form=form)
    service.check_ready()
    with service.requests.one(client):
        image = await read_image(request, service.limits)
        answer = await service.predict(
            image, client=client, model=model,
            then=lambda prediction: depth_answer(prediction, form=chosen, is_near=is_near(client)),
        )  # fmt: skip
    return Response(answer.body, media_type=answer.media_type, headers=answer.headers)


POINTCLOUD_RESPONSES = {
    200: {
        "description": "A binary PLY file: x right, y down, z ahead, in metres for metric models, else in one unknown "
        "unit; colours of the image",
        "content": {PLY_TYPE: {}},
    },
} | documented((400, 401, 403, 404, 408, 413, 415, 422, 429, 500, 503))


@router.post("/v1/pointcloud", response_class=Response, responses=POINTCLOUD_RESPONSES, openapi_extra=IMAGE_BODY)
async def pointcloud(
    request: Request,
    model: Annotated[str | None, Query(description="a name from /v1/models")] = None,
    camera: Annotated[
        str | None, Query(description="fx,fy,cx,cy in pixels of the image", examples=["525,525,320,240"])
    ] = None,
    fov: Annotated[
        float, Query(gt=0, lt=180, description="horizontal field of view in degrees, where camera is not given")
    ] = ASSUMED_FOV_DEG,
    max_points: Annotated[int, Query(ge=1, le=4_000_000)] = 1_000_000,
) -> Response:
    """The points that the image in the body shows. Needs a model whose inverse depth is true but for one factor."""
    service, client = service_of(request), client_of(request)
    camera_of = parse_camera(camera, fov_deg=fov)
    service.check_ready()
    with service.requests.one(client):
        image = await read_image(request, service.limits)
        answer = await service.predict(
            image, client=client, model=model, camera_of=camera_of, with_colors=True,
            then=lambda prediction: ply_answer(prediction, max_points=max_points),
        )  # fmt: skip
    return Response(answer.body, media_type=answer.media_type, headers=answer.headers)


def parse_camera(text: str | None, *, fov_deg: float) -> CameraOf:
    """Four numbers as the camera of any image; else one of this field of view. Never a file's name."""
    if text is None:
        return lambda size_hw: Camera.from_fov(fov_deg, size_hw=size_hw)
    try:
        fx, fy, cx, cy = (float(part) for part in text.split(","))
        Camera(fx=fx, fy=fy, cx=cx, cy=cy, size_hw=(10**9, 10**9))
    except HondoError as error:
        raise Refusal(400, str(error)) from error
    except ValueError as error:
        raise Refusal(400, "camera must be four numbers, fx,fy,cx,cy in pixels of the image") from error
    return lambda size_hw: Camera(fx=fx, fy=fy, cx=cx, cy=cy, size_hw=size_hw)
