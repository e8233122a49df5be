"""Points of a Velodyne in the image of a camera, as the published evaluators on KITTI project them."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.images.read import opened

Points = Float[np.ndarray, "n 4"]


def read_points(path: Path) -> Points:
    """The points of a .bin file: x ahead, y left, z up [m], reflectance."""
    with opened(path) as (file, name, _):
        data = file.read()
    if len(data) % 16 or data.startswith(b"version https://git-lfs"):
        raise HondoError(f"{name} is no Velodyne scan ({len(data)} bytes, not four floats a point); copy it again")
    return np.frombuffer(data, "<f4").reshape(-1, 4)


def project_points(
    points: Points, P_image_velodyne: Float[np.ndarray, "3 4"], *, size_hw: Size, forward: bool
) -> Float[np.ndarray, "h w"]:
    """Sparse depth [m], 0 where no point falls: points behind the scanner are left out, the nearest of a pixel counts.

    ``forward``: depth is the point's x in the scanner's frame, as the evaluators of the 697 Eigen images take it;
    else its z in the camera's. Pixels are rounded and shifted by one as in KITTI's development kit.
    """
    height, width = size_hw
    ahead = points[points[:, 0] >= 0].astype(np.float64)
    image = np.c_[ahead[:, :3], np.ones(len(ahead))] @ P_image_velodyne.T  # n 3
    with np.errstate(divide="ignore", invalid="ignore"):
        pixels = np.round(image[:, :2] / image[:, 2:]) - 1
    z = ahead[:, 0] if forward else image[:, 2]
    with np.errstate(invalid="ignore"):
        inside = (pixels >= 0).all(axis=1) & (pixels[:, 0] < width) & (pixels[:, 1] < height)
    (x, y), z = pixels[inside].astype(int).T, z[inside]
    depth = np.zeros(size_hw)
    depth[y, x] = z  # the last one of a pixel
    # The evaluators number pixels with a row length of width - 1: the end of a row and the start of the next share a
    # number, and the first of their points takes the nearest depth of both.
    order = np.argsort(number := y * (width - 1) + x - 1, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(number[order]) > 0]) if len(order) else np.zeros(0, dtype=int)
    if len(order):
        nearest = np.minimum.reduceat(z[order], starts)
        is_shared = np.diff(np.r_[starts, len(order)]) > 1
        first = order[starts][is_shared]
        depth[y[first], x[first]] = nearest[is_shared]
    depth[depth < 0] = 0
    return depth
