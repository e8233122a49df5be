"""Depth maps as files: 16-bit PNG with its scale inside, NPY and PFM as they are, PLY points, JPEG colours."""

import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt16

from hondo.core.atomic import atomic_write
from hondo.core.check_config import POSITIVE, check_config
from hondo.core.errors import HondoError, reason_of, unknown
from hondo.core.text_file import load_object
from hondo.core.types import DepthKind, DepthMap
from hondo.images.colour import colourise
from hondo.images.file_header import DAMAGED, open_pillow
from hondo.images.formats.pfm import write_pfm
from hondo.images.formats.png16 import Compression, encode_png16
from hondo.images.read import encode_image, opened, read_depth, write_image

DEPTH_SUFFIXES = (".png", ".npy", ".pfm", ".ply", ".jpg", ".jpeg", ".webp")
PNG_FACTOR = 256.0  # KITTI's depth PNG: metres x 256
CLIP_HEADROOM = 4.0  # of a clip's first frame: 14 of 16 bits remain, and nearer things in later frames still fit
_MAX = 65535
_TEXT_KEY = "hondo"


@dataclass(frozen=True, kw_only=True)
class PngScale:
    """png = value x factor + offset; 0 = no value.

    ``unit`` is that of value: "m" for metric maps, "" for inverse depth of unknown scale.
    """

    factor: float
    offset: float
    unit: str
    kind: DepthKind = DepthKind.METRIC_DEPTH  # of value: metric inverse depth is stored as metres

    def __post_init__(self) -> None:
        check_config(self, name="", limits={"factor": POSITIVE})


def colours_as_png(depth_map: DepthMap) -> bytes:
    """The colours of a depth map as the bytes of a PNG file."""
    return encode_image(colourise(depth_map), suffix=".png")


def save_depth(
    depth_map: DepthMap,
    path: str | Path,
    *,
    png_factor: float = PNG_FACTOR,
    palette: str = "turbo",
    near_far: tuple[float, float] | None = None,
) -> Path:
    """Writes by suffix: .png (16 bit), .npy and .pfm (float32 in the map's own unit), .ply, .jpg or .webp (colours)."""
    path, suffix = Path(path), Path(path).suffix.lower()
    if suffix == ".png":
        write_png16(depth_map, path, png_factor=png_factor)
    elif suffix == ".npy":
        buffer = io.BytesIO()
        np.save(buffer, np.asarray(depth_map.values, dtype=np.float32))
        atomic_write(path, buffer.getvalue())
    elif suffix == ".pfm":
        write_pfm(path, np.asarray(depth_map.values, dtype=np.float32))
    elif suffix == ".ply":
        depth_map.point_cloud().save(path)
    elif suffix in DEPTH_SUFFIXES:
        write_image(path, colourise(depth_map, palette=palette, near_far=near_far))
    else:
        raise unknown("depth file suffix", suffix, DEPTH_SUFFIXES)
    return path


def save_confidence(depth_map: DepthMap, path: Path) -> Path:
    """Writes the confidence as a PNG of 8 bits, 255 = certain."""
    if depth_map.confidence is None:
        raise HondoError("this depth map has no confidence; give confidence=True when the model is loaded")
    grey = np.rint(255 * np.clip(depth_map.confidence, 0, 1)).astype(np.uint8)
    return write_image(path, np.repeat(grey[..., None], 3, axis=2))


def png_scale(depth_map: DepthMap, *, png_factor: float = PNG_FACTOR, headroom: float = 1.0) -> PngScale:
    """The scale that suits a map: metres x png_factor; scaled kinds fill 16 bits; relative ones also shift.

    ``headroom``: how much larger the values of later frames may be, where one clip shares the scale (CLIP_HEADROOM).
    """
    if not (png_factor > 0 and np.isfinite(png_factor)):
        raise HondoError(f"png_factor must be positive, got {png_factor:g}")
    if depth_map.kind.is_metric:
        return PngScale(factor=float(png_factor), offset=0.0, unit="m")
    finite = depth_map.values[np.isfinite(depth_map.values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if depth_map.kind is DepthKind.SCALED_INVERSE_DEPTH:
        high *= headroom
        return PngScale(factor=_MAX / high if high > 0 else 1.0, offset=0.0, unit="", kind=depth_map.kind)
    margin = (high - low) * (headroom - 1) / 2
    low, high = low - margin, high + margin
    factor = (_MAX - 1) / (high - low) if high > low else 1.0
    return PngScale(factor=factor, offset=1 - low * factor, unit="", kind=depth_map.kind)


def write_png16(
    depth_map: DepthMap,
    path: str | Path,
    *,
    png_factor: float = PNG_FACTOR,
    headroom: float = 1.0,
    scale: PngScale | None = None,
) -> PngScale:
    """Writes uint16, saturating at 1 and 65535 (0 = no value), and its scale as a text chunk. Returns the scale.

    ``scale`` overrides the map's own, so that the frames of one video can share a factor. ``headroom``: as in
    ``png_scale``.
    """
    scale = png_scale(depth_map, png_factor=png_factor, headroom=headroom) if scale is None else scale
    atomic_write(path, png16_bytes(depth_map, scale=scale))
    return scale


def png16_bytes(depth_map: DepthMap, *, scale: PngScale, compression: Compression = "small") -> bytes:
    """The 16-bit PNG of a map as bytes, with its scale inside."""
    text = (_TEXT_KEY, json.dumps(asdict(scale)))
    return encode_png16(to_16_bit(depth_map, scale=scale), text=text, compression=compression)


def to_16_bit(depth_map: DepthMap, *, scale: PngScale) -> UInt16[np.ndarray, "h w"]:
    """What is stored of a map: value x factor + offset, saturating at 1 and 65535; 0 where nothing is known."""
    values = depth_map.depth() if depth_map.kind.is_metric else depth_map.values
    is_known = ~np.isnan(values) & (values > 0) if depth_map.kind.is_metric else ~np.isnan(values)
    stored = values.astype(np.float32) * np.float32(scale.factor) + np.float32(scale.offset)  # 24 bits hold 16 exactly
    stored = np.clip(np.rint(stored, out=stored), 1, _MAX, out=stored)
    stored[~is_known] = 0
    return stored.astype(np.uint16)


def read_png16(path: str | Path, *, scale: PngScale | None = None) -> DepthMap:
    """The map back from its 16-bit PNG: NaN where 0. ``scale`` is needed for files that do not carry their own."""
    scale = stored_scale(path) if scale is None else scale
    if scale is None:
        raise HondoError(f"{path} does not store its scale; give one, e.g. PngScale(factor=256, offset=0, unit='m')")
    if scale.offset == 0:
        return DepthMap(values=read_depth(path, divide_by=scale.factor), kind=scale.kind)
    values = (read_depth(path).astype(np.float64) - scale.offset) / scale.factor
    return DepthMap(values=values.astype(np.float32), kind=scale.kind)


def stored_scale(path: str | Path) -> PngScale | None:
    """The scale that ``write_png16`` put into the file, or None for PNG files of others."""
    with opened(path) as (file, name, _):
        try:
            text = open_pillow(file).info.get(_TEXT_KEY)
        except DAMAGED as error:
            raise HondoError(f"{name} is damaged or not an image: {reason_of(error)}") from error
    if not isinstance(text, str):
        return None
    stored = load_object(text, name=f"{name}, the scale inside,")
    try:
        stored["kind"] = DepthKind(stored["kind"])
        return PngScale(**stored)
    except (LookupError, TypeError, ValueError) as error:
        raise HondoError(f"{name} holds a damaged scale: {reason_of(error)}; save it again") from error
