"""POST /v1/pointcloud: a picture in, coloured points out."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from hondo.core.errors import HondoError
from hondo.core.types import Camera
from hondo.video.camera import ASSUMED_FOV_DEG
from hondo.web.answers import PLY_TYPE, ply_answer
from hondo.web.body import read_picture
from hondo.web.openapi import PICTURE_BODY
from hondo.web.refusal import Refusal, documented
from hondo.web.service import CameraOf, client_of, service_of

router = APIRouter()

RESPONSES = {
    200: {
        "description": "A binary PLY file: x right, y down, z ahead, in metres for metric models, else in one unknown "
        "unit; colours of the picture",
        "content": {PLY_TYPE: {}},
    },
} | documented((400, 401, 403, 404, 408, 413, 415, 422, 429, 500, 503))


@router.post("/v1/pointcloud", response_class=Response, responses=RESPONSES, openapi_extra=PICTURE_BODY)
async def pointcloud(
    request: Request,
    model: Annotated[str | None, Query(description="a name from /v1/models")] = None,
    camera: Annotated[
        str | None, Query(description="fx,fy,cx,cy in pixels of the picture", examples=["525,525,320,240"])
    ] = None,
    fov: Annotated[
        float, Query(gt=0, lt=180, description="horizontal field of view in degrees, where camera is not given")
    ] = ASSUMED_FOV_DEG,
    max_points: Annotated[int, Query(ge=1, le=4_000_000)] = 1_000_000,
) -> Response:
    """The points that the picture in the body shows. Needs a model whose inverse depth is true but for one factor."""
    service, client = service_of(request), client_of(request)
    camera_of = parse_camera(camera, fov_deg=fov)
    service.check_ready()
    with service.requests.one(client):
        picture = await read_picture(request, service.limits)
        answer = await service.predict(
            picture, client=client, model=model, camera_of=camera_of, with_colors=True,
            then=lambda prediction: ply_answer(prediction, max_points=max_points),
        )  # fmt: skip
    return Response(answer.body, media_type=answer.media_type, headers=answer.headers)


def parse_camera(text: str | None, *, fov_deg: float) -> CameraOf:
    """Four numbers as the camera of any picture; else one of this field of view. Never a file's name."""
    if text is None:
        return lambda size_hw: Camera.from_fov(fov_deg, size_hw=size_hw)
    try:
        fx, fy, cx, cy = (float(part) for part in text.split(","))
        Camera(fx=fx, fy=fy, cx=cx, cy=cy, size_hw=(10**9, 10**9))
    except HondoError as error:
        raise Refusal(400, str(error)) from error
    except ValueError as error:
        raise Refusal(400, "camera must be four numbers, fx,fy,cx,cy in pixels of the picture") from error
    return lambda size_hw: Camera(fx=fx, fy=fy, cx=cx, cy=cy, size_hw=size_hw)
