"""Response formats of a depth map: 16-bit PNG, NPZ, JSON with the PNG inside, colour JPEG, and PLY points."""

import base64
import io
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import cv2
import numpy as np
from jaxtyping import Shaped
from starlette.responses import Response

from hondo.core.types import DepthMap, Size
from hondo.geometry.point_cloud import ply_bytes, point_cloud
from hondo.images.depth_file import PngScale, png16_bytes, png_scale
from hondo.images.formats.png16 import Compression
from hondo.web.http.refusal import Refusal
from hondo.web.inference.service import Prediction

# format -> its name in Accept and Content-Type
MEDIA_TYPES = {
    "png16": "image/png",
    "npz": "application/x-npz",
    "json": "application/json",
    "color": "image/jpeg",
}
PLY_TYPE = "application/x-ply"
_JPEG_QUALITY = 90


@dataclass(frozen=True, kw_only=True)
class DepthFacts:
    """Metadata of a response; png = value x factor + offset, as in predictions.json. None: not in this format."""

    model: str
    engine: str
    precision: str
    kind: str
    unit: str
    factor: float | None
    offset: float | None
    width: int
    height: int
    network_size_hw: Size
    milliseconds: float


def choose_format(*, accept: str, format: str | None) -> str:
    """The format to send: the query parameter, else the first available one in Accept, else PNG."""
    if format is not None:
        if format not in MEDIA_TYPES:
            raise Refusal(400, f"format '{format[:40]}' is not one of {', '.join(MEDIA_TYPES)}")
        return format
    wanted = [part.split(";")[0].strip().lower() for part in accept.split(",") if part.strip()]
    for media_type in wanted:
        if media_type in ("*/*", "image/*"):
            return "png16"
        found = next((name for name, offered in MEDIA_TYPES.items() if offered == media_type), None)
        if found:
            return found
    if wanted:
        raise Refusal(406, f"Accept names none of the available formats: {', '.join(MEDIA_TYPES.values())}")
    return "png16"


def depth_response(prediction: Prediction, *, format: str, is_local: bool) -> Response:
    """The depth map in one of the formats. ``is_local``: the client is on this machine, so PNG is not compressed."""
    return _FORMATS[format](prediction, "none" if is_local else "fast")


def ply_response(prediction: Prediction, *, max_points: int) -> Response:
    """Coloured points as a binary PLY file; every n-th row and column if there are more than ``max_points``."""
    cloud = point_cloud(subsample(prediction.depth_map, max_points=max_points))
    facts = _facts(prediction, scale=None)
    headers = _headers(facts) | {"X-Hondo-Points": str(len(cloud))}
    return Response(ply_bytes(cloud.points, cloud.colors), media_type=PLY_TYPE, headers=headers)


def subsample(depth_map: DepthMap, *, max_points: int) -> DepthMap:
    """Every n-th row and column, with the smallest n that leaves at most ``max_points`` pixels; values are kept."""
    height, width = depth_map.size_hw
    step = max(1, math.ceil(math.sqrt(height * width / max_points)))
    if step == 1:
        return depth_map
    offset = step // 2

    def take(array: Shaped[np.ndarray, "h w ..."]) -> Shaped[np.ndarray, "H W ..."]:
        return np.ascontiguousarray(array[offset::step, offset::step])

    values, camera = take(depth_map.values), depth_map.camera
    if camera is not None:  # centres of the pixels that are kept stay where they are
        camera = replace(
            camera, cx=(camera.cx - offset - 0.5) / step + 0.5, cy=(camera.cy - offset - 0.5) / step + 0.5,
            fx=camera.fx / step, fy=camera.fy / step, size_hw=(values.shape[0], values.shape[1]),
        )  # fmt: skip
    image, confidence = (
        None if array is None else take(array) for array in (depth_map.image_rgb, depth_map.confidence)
    )
    return replace(depth_map, values=values, camera=camera, image_rgb=image, confidence=confidence)


def _png16(prediction: Prediction, compression: Compression) -> Response:
    scale = png_scale(prediction.depth_map)
    body = png16_bytes(prediction.depth_map, scale=scale, compression=compression)
    return Response(body, media_type=MEDIA_TYPES["png16"], headers=_headers(_facts(prediction, scale=scale)))


def _json(prediction: Prediction, compression: Compression) -> Response:
    scale = png_scale(prediction.depth_map)
    facts = _facts(prediction, scale=scale)
    png = base64.b64encode(png16_bytes(prediction.depth_map, scale=scale, compression=compression)).decode()
    body = json.dumps(asdict(facts) | {"png": png}).encode()
    return Response(body, media_type=MEDIA_TYPES["json"], headers=_headers(facts))


def _npz(prediction: Prediction, compression: Compression) -> Response:
    """values (h w, float32) in the unit of the map, and the metadata as JSON text; read with allow_pickle=False."""
    facts, depth_map = _facts(prediction, scale=None), prediction.depth_map
    arrays = {"values": depth_map.values, "facts": np.array(json.dumps(asdict(facts)))}
    if depth_map.confidence is not None:
        arrays["confidence"] = depth_map.confidence
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # pyright: ignore[reportArgumentType]
    return Response(buffer.getvalue(), media_type=MEDIA_TYPES["npz"], headers=_headers(facts))


def _color(prediction: Prediction, compression: Compression) -> Response:
    bgr = cv2.cvtColor(prediction.depth_map.color(), cv2.COLOR_RGB2BGR)
    _, body = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    headers = _headers(_facts(prediction, scale=None))
    return Response(body.tobytes(), media_type=MEDIA_TYPES["color"], headers=headers)


_FORMATS: dict[str, Callable[[Prediction, Compression], Response]] = {
    "png16": _png16,
    "npz": _npz,
    "json": _json,
    "color": _color,
}


def _facts(prediction: Prediction, *, scale: PngScale | None) -> DepthFacts:
    depth_map, predictor = prediction.depth_map, prediction.predictor
    return DepthFacts(
        model=prediction.model,
        engine=predictor.engine,
        precision=predictor.precision,
        kind=str(depth_map.kind if scale is None else scale.kind),
        unit=depth_map.kind.unit if scale is None else scale.unit,
        factor=None if scale is None else scale.factor,
        offset=None if scale is None else scale.offset,
        width=depth_map.size_hw[1],
        height=depth_map.size_hw[0],
        network_size_hw=prediction.network_hw,
        milliseconds=round(prediction.milliseconds, 3),
    )


def _headers(facts: DepthFacts) -> dict[str, str]:
    """X-Hondo-Kind, X-Hondo-Factor, ... for each field that is not None."""
    known = {name: value for name, value in asdict(facts).items() if value is not None}
    known["network_size_hw"] = "{}x{}".format(*facts.network_size_hw)
    return {"X-Hondo-" + name.replace("_", "-").title(): str(value) for name, value in known.items()}
