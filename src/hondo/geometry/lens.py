"""Lenses that bend straight lines: where a pinhole camera's pixels lie in the image that the lens gave."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32

from hondo.core.errors import HondoError
from hondo.core.types import Camera

_MOST = {"radial-tangential": 8, "fisheye": 4}  # coefficients


@dataclass(frozen=True, kw_only=True)
class Lens:
    """``radial-tangential``: k1 k2 p1 p2 k3 k4 k5 k6 in the order of OpenCV (Brown 1966; k4 to k6 divide).

    ``fisheye``: k1 k2 k3 k4 of the angle from the axis (Kannala and Brandt 2006; "equidistant"). Missing ones are 0.
    """

    kind: Literal["radial-tangential", "fisheye"]
    coefficients: tuple[float, ...]

    def __post_init__(self) -> None:
        count, most = len(self.coefficients), _MOST[self.kind]
        if not 1 <= count <= most or not np.isfinite(self.coefficients).all():
            raise HondoError(f"a {self.kind} lens has 1 to {most} finite coefficients, got {self.coefficients}")


def distorted(rays: Float[np.ndarray, "*n 2"], lens: Lens) -> Float[np.ndarray, "*n 2"]:
    """The rays (x/z, y/z) as the lens bends them."""
    known = np.zeros(_MOST[lens.kind])
    known[: len(lens.coefficients)] = lens.coefficients
    x, y = rays[..., 0], rays[..., 1]
    r2 = x * x + y * y
    if lens.kind == "fisheye":
        r = np.sqrt(r2)
        angle = np.arctan(r)
        bent = angle * (1 + np.polyval(np.append(known[::-1], 0.0), angle**2))
        return rays * np.where(r > 1e-9, bent / np.where(r > 1e-9, r, 1), 1.0)[..., None]
    k1, k2, p1, p2, k3, k4, k5, k6 = known
    radial = (1 + r2 * (k1 + r2 * (k2 + r2 * k3))) / (1 + r2 * (k4 + r2 * (k5 + r2 * k6)))
    return np.stack(
        (
            x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
            y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
        ),
        axis=-1,
    )


def lens_places(camera: Camera, lens: Lens) -> Float32[np.ndarray, "h w 2"]:
    """For each pixel of a pinhole image of ``camera`` its place (x, y) in the image of the lens, counted from 0."""
    rows, columns = np.indices(camera.size_hw)
    focal, centre = np.array((camera.fx, camera.fy)), np.array((camera.cx, camera.cy))
    rays = (np.dstack((columns, rows)) + 0.5 - centre) / focal
    return (distorted(rays, lens) * focal + centre - 0.5).astype(np.float32)
