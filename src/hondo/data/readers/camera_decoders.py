"""Calibration files of published data sets that no other program writes: cameras, and baselines of stereo pairs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError
from hondo.core.text_file import read_json, read_text
from hondo.core.types import Camera, Size
from hondo.data.datasets.intrinsics import check_plausible, read_camera
from hondo.data.layouts.path_template import Fields
from hondo.images.read import opened

# The sizes of KITTI's rectified images are those of its five days (height, width).
KITTI_DAYS = {
    (375, 1242): "2011_09_26", (370, 1224): "2011_09_28", (374, 1238): "2011_09_29", (370, 1226): "2011_09_30",
    (376, 1241): "2011_10_03",
}  # fmt: skip
_SINTEL_TAG = 202021.25


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The camera of an image, and how far its stereo partner stands [m]."""

    camera: Camera
    baseline: float | None = None


def read_calibration(path: Path, decoder: str, fields: Fields, *, image_hw: Size) -> Calibration:
    """The camera of an image of ``image_hw`` by a calibration file of a known kind (empty: whatever hondo knows)."""
    if not decoder:
        return Calibration(camera=read_camera(path, size_hw=image_hw))
    try:
        found = CAMERAS[decoder](path, fields, image_hw)
        camera = found.camera
        check_plausible(camera.fx, camera.fy, camera.cx, camera.cy, size_hw=camera.size_hw)
    except HondoError as error:
        raise error if str(path.parent) in str(error) else HondoError(f"{path}: {error}") from error
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise HondoError(f"{path}: no calibration of this data set ({error}); download it again") from error
    return found


def kitti_rows(path: Path) -> dict[str, Float[np.ndarray, " n"]]:
    """The numbers of each ``name: numbers`` line of a KITTI calibration."""
    rows = {}
    for line in read_text(path).split("\n"):
        name, _, values = line.partition(":")
        try:
            rows[name.strip()] = np.array([float(word) for word in values.split()])
        except ValueError:  # calib_time: a date
            continue
    return rows


def check_kitti_day(path: Path, stated_hw: Size, image_hw: Size) -> None:
    """Refuses the calibration of another day: its images have another size."""
    if stated_hw != image_hw and image_hw in KITTI_DAYS and stated_hw in KITTI_DAYS:
        raise HondoError(
            f"{path} is the calibration of {KITTI_DAYS[stated_hw]} ({stated_hw[1]}x{stated_hw[0]}), the image is "
            f"of {KITTI_DAYS[image_hw]} ({image_hw[1]}x{image_hw[0]}): it belongs to another drive; put that of its day"
        )


def _of_projection(P: Float[np.ndarray, " 12"], *, size_hw: Size, image_hw: Size) -> Camera:
    fx, fy, cx, cy = P[0], P[5], P[2], P[6]
    return Camera(fx=float(fx), fy=float(fy), cx=float(cx), cy=float(cy), size_hw=size_hw).for_image(image_hw)


def _kitti_raw(path: Path, fields: Fields, image_hw: Size) -> Calibration:
    rows, camera = kitti_rows(path), fields["camera"]
    width, height = rows[f"S_rect_0{camera}"].astype(int).tolist()
    check_kitti_day(path, (height, width), image_hw)
    return Calibration(camera=_of_projection(rows[f"P_rect_0{camera}"], size_hw=(height, width), image_hw=image_hw))


def _kitti_odometry(path: Path, fields: Fields, image_hw: Size) -> Calibration:
    return Calibration(
        camera=_of_projection(kitti_rows(path)[f"P{fields['camera']}"], size_hw=image_hw, image_hw=image_hw)
    )


def _cityscapes(path: Path, fields: Fields, image_hw: Size) -> Calibration:
    stated = read_json(path)
    inner = stated["intrinsic"]
    camera = Camera(fx=inner["fx"], fy=inner["fy"], cx=inner["u0"], cy=inner["v0"], size_hw=image_hw)
    return Calibration(camera=camera, baseline=float(stated["extrinsic"]["baseline"]))


def _sintel(path: Path, fields: Fields, image_hw: Size) -> Calibration:
    with opened(path) as (file, name, start):
        data = file.read()
    if len(data) != 4 + 21 * 8 or np.frombuffer(start[:4], "<f4")[0] != np.float32(_SINTEL_TAG):
        raise HondoError(f"{name} is no .cam file of Sintel; download it again")
    return Calibration(camera=Camera.from_K(np.frombuffer(data[4:76], "<f8").reshape(3, 3), size_hw=image_hw))


def _mvsnet(path: Path, fields: Fields, image_hw: Size) -> Calibration:
    words = read_text(path).split()
    at = words.index("intrinsic") + 1
    K = np.array([float(word) for word in words[at : at + 9]]).reshape(3, 3)
    return Calibration(camera=Camera.from_K(K, size_hw=image_hw))


def _colmap_image(path: Path, fields: Fields, image_hw: Size) -> Calibration:
    """images.txt says which camera of cameras.txt took an image; distortion is left out (``Layout.note`` says so)."""
    name = f"{fields['name']}.JPG"
    lines = [line.split() for line in read_text(path).split("\n") if not line.startswith("#")]
    chosen = next((words[8] for words in lines if len(words) == 10 and words[9].endswith(name)), None)
    if chosen is None:
        raise HondoError(f"{path} does not name the image {name}; is it of this scene?")
    for line in read_text(path.with_name("cameras.txt")).split("\n"):
        words = line.split()
        if words[:1] == [chosen]:
            width, height = int(words[2]), int(words[3])
            fx, fy, cx, cy = (float(word) for word in words[4:8])
            return Calibration(camera=Camera(fx=fx, fy=fy, cx=cx, cy=cy, size_hw=(height, width)).for_image(image_hw))
    raise HondoError(f"{path.with_name('cameras.txt')} has no camera {chosen}; is it of this scene?")


def _record3d(path: Path, fields: Fields, image_hw: Size) -> Calibration:
    stated = read_json(path)
    K = np.array(stated["K"], dtype=float).reshape(3, 3).T  # column by column
    camera = Camera.from_K(K, size_hw=(int(stated["h"]), int(stated["w"])))
    return Calibration(camera=camera.for_image(image_hw))


CAMERAS: dict[str, Callable[[Path, Fields, Size], Calibration]] = {
    "kitti raw": _kitti_raw,
    "kitti odometry": _kitti_odometry,
    "cityscapes": _cityscapes,
    "sintel": _sintel,
    "mvsnet": _mvsnet,
    "colmap image": _colmap_image,
    "record3d": _record3d,
}
