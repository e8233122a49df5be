"""POST /v1/depth and POST /v1/pointcloud: an image in, its depth map or its points out."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from hondo.core.errors import HondoError
from hondo.core.types import Camera, Size
from hondo.data.datasets.intrinsics import ASSUMED_FOV_DEG, check_plausible
from hondo.web.encode.responses import PLY_TYPE, choose_format, depth_response, ply_response
from hondo.web.http.counted_answer import CountedAnswer
from hondo.web.http.openapi import FACTS_EXAMPLE, IMAGE_BODY
from hondo.web.http.refusal import Refusal, documented
from hondo.web.http.request_body import read_image
from hondo.web.inference.service import CameraOf, client_of, service_of
from hondo.web.security.limits import is_local

router = APIRouter()

DEPTH_RESPONSES = {
    200: {
        "description": "16-bit PNG (0 = unknown; value = (png - X-Hondo-Offset) / X-Hondo-Factor), "
        "NPZ (values in the unit of the map), JSON with the PNG as base64, or a colour JPEG",
        "content": {
            "image/png": {},
            "application/x-npz": {},
            "image/jpeg": {},
            "application/json": {"example": FACTS_EXAMPLE},
        },
    },
} | documented((400, 401, 403, 404, 406, 408, 413, 415, 422, 429, 500, 503))


@router.post("/v1/depth", response_class=Response, responses=DEPTH_RESPONSES, openapi_extra=IMAGE_BODY)
async def depth(
    request: Request,
    format: Annotated[Literal["png16", "npz", "json", "color"] | None, Query(description="overrides Accept")] = None,
    model: Annotated[str | None, Query(description="a name from /v1/models")] = None,
) -> Response:
    """The depth of the image in the body (JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF or PPM)."""
    service, client = service_of(request), client_of(request)
    chosen = choose_format(accept=request.headers.get("accept", ""), format=format)
    service.check_ready()
    with service.requests.hold(client):
        image = await read_image(request, service.limits)
        async with service.predict(image, client=client, model=model) as prediction:
            encode = partial(depth_response, prediction, format=chosen, is_local=is_local(client))
            return CountedAnswer(await service.run_in_pool(encode), service.answers)


POINTCLOUD_RESPONSES = {
    200: {
        "description": "A binary PLY file: x right, y down, z forward, in metres for metric models, else up to scale; "
        "colours of the image",
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
        float, Query(gt=0, lt=180, description="horizontal field of view in degrees, if camera is not given")
    ] = ASSUMED_FOV_DEG,
    max_points: Annotated[int, Query(ge=1, le=4_000_000)] = 1_000_000,
) -> Response:
    """The point cloud of the image in the body. Requires a model with metric depth, or depth up to scale."""
    service, client = service_of(request), client_of(request)
    camera_of = parse_camera(camera, fov_deg=fov)
    service.check_ready()
    with service.requests.hold(client):
        image = await read_image(request, service.limits)
        async with service.predict(
            image, client=client, model=model, camera_of=camera_of, keep_image=True
        ) as prediction:
            encode = partial(ply_response, prediction, max_points=max_points)
            return CountedAnswer(await service.run_in_pool(encode), service.answers)


def parse_camera(text: str | None, *, fov_deg: float) -> CameraOf:
    """The camera from four numbers, or from a field of view. File names are not accepted."""
    if text is None:
        return lambda size_hw: Camera.from_fov(fov_deg, size_hw=size_hw)
    try:
        fx, fy, cx, cy = (float(part) for part in text.split(","))
        Camera(fx=fx, fy=fy, cx=cx, cy=cy, size_hw=(10**9, 10**9))
    except HondoError as error:
        raise Refusal(400, str(error)) from error
    except ValueError as error:
        raise Refusal(400, "camera must be four numbers, fx,fy,cx,cy in pixels of the image") from error

    def camera_of(size_hw: Size) -> Camera:
        check_plausible(fx, fy, cx, cy, size_hw=size_hw)
        return Camera(fx=fx, fy=fy, cx=cx, cy=cy, size_hw=size_hw)

    return camera_of
