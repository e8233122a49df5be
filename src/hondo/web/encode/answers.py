"""The forms in which depth is answered: 16-bit PNG, NPZ, JSON with the PNG inside, colours, and points."""

import base64
import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

import cv2
import numpy as np

from hondo.core.types import Size
from hondo.geometry.point_cloud import ply_bytes, point_cloud
from hondo.images.depth_file import PngScale, png16_bytes, png_scale
from hondo.images.formats.png16 import Compression
from hondo.web.encode.downsample import thinned
from hondo.web.http.refusal import Refusal
from hondo.web.inference.service import Prediction

# form -> what it is called in Accept and Content-Type
MEDIA_TYPES = {
    "png16": "image/png",
    "npz": "application/x-npz",
    "json": "application/json",
    "color": "image/jpeg",
}
PLY_TYPE = "application/x-ply"
_JPEG_QUALITY = 90


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A body, its media type, and what the headers say of it."""

    body: bytes
    media_type: str
    headers: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class DepthFacts:
    """What is said of a depth map; png = value x factor + offset, as in predictions.json. None: not in this form."""

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


def choose_form(*, accept: str, form: str | None) -> str:
    """The form a client wants: the query parameter, else the first in Accept that is offered, else PNG."""
    if form is not None:
        if form not in MEDIA_TYPES:
            raise Refusal(400, f"format '{form[:40]}' is not one of {', '.join(MEDIA_TYPES)}")
        return form
    wanted = [part.split(";")[0].strip().lower() for part in accept.split(",") if part.strip()]
    for media_type in wanted:
        if media_type in ("*/*", "image/*"):
            return "png16"
        found = next((name for name, offered in MEDIA_TYPES.items() if offered == media_type), None)
        if found:
            return found
    if wanted:
        raise Refusal(406, f"Accept names none of {', '.join(MEDIA_TYPES.values())}")
    return "png16"


def depth_answer(prediction: Prediction, *, form: str, is_near: bool) -> Answer:
    """The depth map in one of the forms. ``is_near``: the client is on this machine, where bytes cost nothing."""
    return _ANSWERS[form](prediction, "none" if is_near else "fast")


def ply_answer(prediction: Prediction, *, max_points: int) -> Answer:
    """Coloured points as a binary PLY file: every n-th row and column where there would be more than ``max_points``."""
    cloud = point_cloud(thinned(prediction.depth_map, max_points=max_points))
    facts = _facts(prediction, scale=None)
    headers = _headers(facts) | {"X-Hondo-Points": str(len(cloud))}
    return Answer(body=ply_bytes(cloud.points, cloud.colors), media_type=PLY_TYPE, headers=headers)


def _png16(prediction: Prediction, compression: Compression) -> Answer:
    scale = png_scale(prediction.depth_map)
    body = png16_bytes(prediction.depth_map, scale=scale, compression=compression)
    return Answer(body=body, media_type=MEDIA_TYPES["png16"], headers=_headers(_facts(prediction, scale=scale)))


def _json(prediction: Prediction, compression: Compression) -> Answer:
    scale = png_scale(prediction.depth_map)
    facts = _facts(prediction, scale=scale)
    png = base64.b64encode(png16_bytes(prediction.depth_map, scale=scale, compression=compression)).decode()
    body = json.dumps(asdict(facts) | {"png": png}).encode()
    return Answer(body=body, media_type=MEDIA_TYPES["json"], headers=_headers(facts))


def _npz(prediction: Prediction, compression: Compression) -> Answer:
    """values (h w, float32) in the map's own unit, and the facts as a JSON text; read with allow_pickle=False."""
    facts, depth_map = _facts(prediction, scale=None), prediction.depth_map
    arrays = {"values": depth_map.values, "facts": np.array(json.dumps(asdict(facts)))}
    if depth_map.confidence is not None:
        arrays["confidence"] = depth_map.confidence
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # pyright: ignore[reportArgumentType]
    return Answer(body=buffer.getvalue(), media_type=MEDIA_TYPES["npz"], headers=_headers(facts))


def _color(prediction: Prediction, compression: Compression) -> Answer:
    bgr = cv2.cvtColor(prediction.depth_map.color(), cv2.COLOR_RGB2BGR)
    _, body = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    headers = _headers(_facts(prediction, scale=None))
    return Answer(body=body.tobytes(), media_type=MEDIA_TYPES["color"], headers=headers)


_ANSWERS: dict[str, Callable[[Prediction, Compression], Answer]] = {
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
    """X-Hondo-Kind, X-Hondo-Factor, ... for every fact that there is."""
    known = {name: value for name, value in asdict(facts).items() if value is not None}
    known["network_size_hw"] = "{}x{}".format(*facts.network_size_hw)
    return {"X-Hondo-" + name.replace("_", "-").title(): str(value) for name, value in known.items()}
