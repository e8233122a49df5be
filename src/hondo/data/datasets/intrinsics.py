"""Intrinsics from what users have: a file of any common program, "fx,fy,cx,cy", or a field of view."""

import json
import math
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from hondo.core.errors import HondoError, warn
from hondo.core.text_file import read_text
from hondo.core.types import Camera, Size
from hondo.data.partners.intrinsics_formats import Stated, parse_intrinsics
from hondo.geometry.lens import Lens
from hondo.images.file_header import focal_length_35mm

INTRINSICS_FILES = (
    "intrinsics.json", "K.txt", "intrinsics.txt", "intrinsic_color.txt", "intrinsic/intrinsic_color.txt",
    "camera-intrinsics.txt", "cameras.txt", "calib_cam_to_cam.txt", "calib.txt", "camera_info.yaml", "transforms.json",
)  # fmt: skip
ASSUMED_FOV_DEG = 60.0  # horizontal; about that of a phone or a webcam
MAX_FOV_DEG = 170.0  # of a pinhole camera; more is a wrong unit
FULL_FRAME_MM = 43.2666  # diagonal of the 36x24 mm that EXIF's focal length in 35 mm film refers to
_FOV = re.compile(r"\s*fov\s*[=:]\s*(\d+(?:\.\d*)?)\s*(?:deg(?:rees)?)?\s*", re.IGNORECASE)
_MAX_NORMALISED = 4.0  # focal lengths divided by the size of the image lie below
_NEAR = 0.03  # part of the size within which a principal point counts as that of the other axis
_CORNER = 0.15
_SCALES = (0.5, 2 / 3, 1.5, 2.0)  # usual sizes of images relative to those that were calibrated
_NO_DISTORTION = 1e-8
# Of the names of fisheye lenses, those that mean a polynomial of the angle; others (thin prism, omni) are not known.
_EQUIDISTANT = re.compile(r"equidistant|kannala|^(opencv_|simple_radial_|radial_)?fisheye$", re.IGNORECASE)


def read_camera(
    source: "str | Path | Camera | Sequence[float]",
    *,
    size_hw: Size,
    may_scale: bool = True,
    is_undistorted: bool = False,
) -> Camera:
    """The camera of an image of ``size_hw``, from a file, a text, or a Camera of any size.

    Text: fx,fy,cx,cy in pixels of the image, or fov=60 (degrees, horizontal). Files: see ``intrinsics_formats``; a
    folder is searched for one. A file that states its image's size is scaled to this image if ``may_scale`` and the
    aspect is the same, else refused. Values that no lens has are refused; lens distortion is not applied, and said,
    unless ``is_undistorted``: the caller takes care of what ``stated_lens`` finds.
    """
    if isinstance(source, Camera):
        return source.for_image(size_hw)
    if not isinstance(source, (str, Path)):
        source = ",".join(f"{float(number)!r}" for number in source)
    if found := is_field_of_view(str(source)):
        return Camera.from_fov(float(found[1]), size_hw=size_hw)
    text, where = _text(source)
    try:
        stated = _chosen(parse_intrinsics(text), size_hw, where=where)
        fx, fy, cx, cy = stated.K
        own_hw = stated.size_hw or size_hw
        check_plausible(fx, fy, cx, cy, size_hw=own_hw)
        camera = Camera(fx=fx, fy=fy, cx=cx, cy=cy, size_hw=own_hw)
        if not may_scale and own_hw != tuple(size_hw):
            raise HondoError(
                f"the intrinsics are of a {own_hw[1]}x{own_hw[0]} image (width x height), this one "
                f"is {size_hw[1]}x{size_hw[0]}; give the intrinsics of this image, or resize the image"
            )
        if _is_bent(stated) and not (is_undistorted and _lens_of(stated)):
            values = ", ".join(f"{value:g}" for value in stated.distortion)
            warn(
                f"{where}: the lens distortion {stated.lens or ''}({values}) is not applied: images are taken as of a "
                "pinhole camera; undistort them first (e.g. cv2.undistort) and give the new intrinsics"
            )
        if remark := size_remark(camera):
            warn(f"{where}: {remark}")
        return camera.for_image(size_hw)
    except (HondoError, json.JSONDecodeError) as error:
        raise HondoError(f"{where}: {error}", field="camera") from error


def stated_lens(source: "str | Path | Camera | Sequence[float]", *, size_hw: Size) -> Lens | None:
    """The lens that a file states beside the intrinsics, where it is of a known kind and bends anything."""
    if not isinstance(source, (str, Path)) or is_field_of_view(str(source)):
        return None
    text, where = _text(source)
    stated = _chosen(parse_intrinsics(text), size_hw, where=where)
    return _lens_of(stated) if _is_bent(stated) else None


def _is_bent(stated: Stated) -> bool:
    return bool(stated.lens) or any(abs(value) > _NO_DISTORTION for value in stated.distortion)


def _lens_of(stated: Stated) -> Lens | None:
    """None for kinds of lenses other than radial-tangential and equidistant fisheye."""
    count = len(stated.distortion)
    if stated.lens and not (_EQUIDISTANT.search(stated.lens) and 1 <= count <= 4):
        return None
    if not stated.lens and count not in (1, 2, 4, 5, 8):
        return None
    return Lens(kind="fisheye" if stated.lens else "radial-tangential", coefficients=stated.distortion)


def is_field_of_view(source: str) -> re.Match[str] | None:
    """The match of fov=DEGREES, which is of the image as it is shown."""
    return _FOV.fullmatch(source)


def check_plausible(fx: float, fy: float, cx: float, cy: float, *, size_hw: Size) -> None:
    """Refuses intrinsics in another unit than pixels of an image of this size, or in another order, with the remedy."""
    height, width = size_hw
    if not all(math.isfinite(value) for value in (fx, fy, cx, cy)) or min(fx, fy) <= 0:
        return  # Camera refuses them
    given = f"fx, fy, cx, cy = {fx:g}, {fy:g}, {cx:g}, {cy:g}"
    if max(fx, fy) < _MAX_NORMALISED and max(abs(cx), abs(cy)) <= 1.5 and min(size_hw) > 4 * _MAX_NORMALISED:
        pixels = ",".join(f"{value:.6g}" for value in (fx * width, fy * height, cx * width, cy * height))
        raise HondoError(
            f"{given} are divided by the image's width and height; multiply by {width} and {height}: {pixels}"
        )
    near_x, near_y = _NEAR * width, _NEAR * height
    if abs(cx - height / 2) < near_y and abs(cy - width / 2) < near_x and abs(width - height) > height / 8:
        raise HondoError(
            f"{given}: cx and cy are swapped for an image of {width}x{height} (width x height), or its sides are"
        )
    is_alternating = abs(fx - cx) < _NEAR * fx and abs(fy - width / 2) < near_x and abs(cy - height / 2) < near_y
    if is_alternating and abs(fx - fy) > 4 * _NEAR * fx:
        raise HondoError(f"{given} stand in the order fx, cx, fy, cy; give {fx:g},{cx:g},{fy:g},{cy:g}")
    fov = max(2 * math.degrees(math.atan(side / 2 / focal)) for side, focal in ((width, fx), (height, fy)))
    remedy = "give pixels of this image: focal length in mm / width of the sensor in mm x width of the image"
    if fov > MAX_FOV_DEG:
        raise HondoError(f"{given} mean a field of view of {fov:.0f} degrees in a {width}x{height} image; {remedy}")
    if cx < _CORNER * width and cy < _CORNER * height:
        raise HondoError(
            f"{given}: the principal point lies in the corner of a {width}x{height} image, as millimetres or the "
            f"intrinsics of a smaller image do; {remedy}"
        )


def size_remark(camera: Camera) -> str:
    """Says of what size intrinsics look to be whose principal point misses the centre alike in x and y; else empty."""
    height, width = camera.size_hw
    found = 2 * camera.cx / width, 2 * camera.cy / height
    scale = next((each for each in _SCALES if max(abs(value / each - 1) for value in found) < _NEAR), None)
    if scale is None:
        return ""
    return (
        f"the principal point ({camera.cx:g}, {camera.cy:g}) is that of an image of about {round(scale * width)}x"
        f"{round(scale * height)}, not {width}x{height} (width x height): divide fx, fy, cx, cy by {scale:.3g} if the "
        "images were resized"
    )


def _chosen(cameras: Sequence[Stated], size_hw: Size, *, where: str) -> Stated:
    """Of several cameras the one of this image's size, else the first; warns which, where they differ."""
    sized = [camera for camera in cameras if camera.size_hw == tuple(size_hw)] or list(cameras)
    if len({camera.K for camera in sized}) > 1:
        if sized[0].label.startswith("camera "):
            raise HondoError(f"holds {len(sized)} cameras of this size; keep the line of one, or give fx,fy,cx,cy")
        warn(
            f"{where}: the intrinsics are those of {sized[0].label or 'the first camera'} (of "
            f"{', '.join(camera.label for camera in sized)})"
        )
    return sized[0]


def _text(source: str | Path) -> tuple[str, str]:
    """The text of a file, or the option itself, and what to call it in an error."""
    path = Path(source)
    if path.is_dir():
        found = next((path / name for name in INTRINSICS_FILES if (path / name).is_file()), None)
        if found is None:
            raise HondoError(f"{path}: no intrinsics in this folder ({', '.join(INTRINSICS_FILES)})", field="camera")
        path = found
    if path.is_file():
        return read_text(path), str(path)
    if re.fullmatch(r"[\s\d.,eE+;-]+", str(source)):
        return str(source), f"camera '{source}'"
    raise HondoError(
        f"camera '{source}': no such file, and not fx,fy,cx,cy in pixels, e.g. 525,525,320,240, or fov=60",
        field="camera",
    )


@lru_cache(maxsize=64)
def image_camera(given: str, *, size_hw: Size) -> Camera:
    """As ``read_camera``, for many images: a file that states another size than the image's is refused."""
    return read_camera(given, size_hw=size_hw, may_scale=False)


@lru_cache(maxsize=64)
def assumed_camera(size_hw: Size) -> Camera:
    """The camera where no intrinsics are known: square pixels, 60 degrees wide."""
    return Camera.from_fov(ASSUMED_FOV_DEG, size_hw=size_hw)


def camera_of_file(image: Path | None, *, size_hw: Size) -> Camera:
    """The camera where no intrinsics are known, with a warning: by the focal length in EXIF, else the assumed one."""
    camera = None if image is None else exif_camera(image, size_hw=size_hw)
    if camera is not None:
        return camera
    assumed = f"a lens {ASSUMED_FOV_DEG:g} degrees wide is assumed"
    warn(f'intrinsics are not known: {assumed}; give camera=FILE, or camera="fov=DEGREES"')
    return assumed_camera(size_hw)


def exif_camera(image: Path, *, size_hw: Size) -> Camera | None:
    """The camera by the focal length that EXIF states for 35 mm film, with a warning; None where it does not."""
    focal_mm = focal_length_35mm(image)
    if focal_mm is None:
        return None
    focal = focal_mm / FULL_FRAME_MM * math.hypot(*size_hw)
    warn(f"intrinsics are not known: taken from the focal length in EXIF ({focal_mm:g} mm of full frame)")
    return Camera(fx=focal, fy=focal, cx=size_hw[1] / 2, cy=size_hw[0] / 2, size_hw=size_hw)
