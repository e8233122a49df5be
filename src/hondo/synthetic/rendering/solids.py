"""The renderer's solids (box, tapered box, ellipsoid, cylinder): where a ray enters and leaves, and their surfaces.

A solid lives in its own frame, scaled so that it fills [-1, 1]^3; y points down as in the camera: its top is at y = -1.
All functions take the rays' origins ``o`` and directions ``d`` in that frame, components first, millions at once.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

BOX, TAPERED, ELLIPSOID, CYLINDER = range(4)
Rays = Float[Tensor, "3 p n"]
Points = Float[Tensor, "3 n"]
Origins = Float[Tensor, "3 p 1"]
Interval = tuple[Float[Tensor, "p n"], Float[Tensor, "p n"]]
TINY = 1e-9


def box(o: Origins, d: Rays) -> Interval:
    """Enter and leave [-1, 1]^3 (the slab method); a ray that misses leaves before it enters."""
    inverse = torch.reciprocal(d + TINY)  # a ray along a face must not divide by zero
    middle, half = o * inverse, inverse.abs_()
    near, far = -middle - half, half.sub_(middle)
    return near.amax(0), far.amin(0)


def tapered(o: Origins, d: Rays, taper: Float[Tensor, "2 p 1"]) -> Interval:
    """A box whose sides lean in towards the top: |x| <= 1 - taper_x u and |z| <= 1 - taper_z u, u = height 0..1."""
    near, far = _slab(o[1], d[1])
    for axis, lean in ((0, taper[0] / 2), (2, taper[1] / 2)):
        for sign in (1.0, -1.0):
            slope = sign * d[axis] - lean * d[1]
            room = 1 - lean - sign * o[axis] + lean * o[1]
            at = room / torch.where(slope.abs() < TINY, TINY, slope)
            near = torch.where(slope < 0, torch.maximum(near, at), near)
            far = torch.where(slope > 0, torch.minimum(far, at), far)
    return near, far


def ellipsoid(o: Origins, d: Rays) -> Interval:
    """The unit ball: |o + t d| = 1."""
    a = d.square().sum(0)
    b = (o * d).sum(0)
    return _roots(a, b, o.square().sum(0) - 1)


def cylinder(o: Origins, d: Rays) -> Interval:
    """The unit disc in x, z between y = -1 and y = 1."""
    a = d[0].square() + d[2].square() + TINY
    b = o[0] * d[0] + o[2] * d[2]
    near, far = _roots(a, b, o[0].square() + o[2].square() - 1)
    low, high = _slab(o[1], d[1])
    return torch.maximum(near, low), torch.minimum(far, high)


def surface_normal(q: Points, half: Points, taper: Float[Tensor, "2 n"], kind: Int[Tensor, " n"]) -> Points:
    """The outward unit normal at surface points ``q`` (scaled to [-1, 1]), in the solid's own axes."""
    x, y, z = q.abs()
    height = (1 - q[1]) / 2
    x, z = x + taper[0] * height, z + taper[1] * height
    on_x = (x >= y) & (x >= z)
    on_z = (z > y) & ~on_x
    sign = q.sign()
    lean = torch.where(on_x, taper[0], torch.where(on_z, taper[1], 0.0)) / 2
    flat = torch.stack((on_x * sign[0], torch.where(on_x | on_z, -lean, sign[1]), on_z * sign[2]))
    is_side = (q[0].square() + q[2].square()) > q[1].square()
    on_cap, on_side = (kind == CYLINDER) & ~is_side, (kind == CYLINDER) & is_side
    radial = torch.stack((q[0].masked_fill(on_cap, 0), q[1].masked_fill(on_side, 0), q[2].masked_fill(on_cap, 0)))
    return normalised(torch.where(kind >= ELLIPSOID, radial, flat) / half)


def texture_coordinates(
    p: Points, normal: Points, half: Points, scale: Float[Tensor, " n"], fit: Bool[Tensor, " n"]
) -> Float[Tensor, "2 n"]:
    """Project along the normal's largest axis: metres times ``scale``, or once over the whole face where ``fit``."""
    x, y, z = normal.abs()
    on_x = (x >= y) & (x >= z)
    on_y = (y > z) & ~on_x

    def across(of: Points) -> Float[Tensor, "2 n"]:
        return torch.stack((torch.where(on_x, of[2], of[0]), torch.where(on_y, of[2], of[1])))

    return torch.where(fit, across(p) / across(half) * 0.5 + 0.5, across(p) * scale)


def normalised(v: Float[Tensor, "3 *n"]) -> Float[Tensor, "3 *n"]:
    """Vectors of unit length."""
    return v * v.square().sum(0).clamp_(min=1e-18).rsqrt_()


def _slab(o: Float[Tensor, "p 1"], d: Float[Tensor, "p n"]) -> Interval:
    inverse = torch.reciprocal(torch.where(d.abs() < TINY, TINY, d))
    middle, half = o * inverse, inverse.abs()
    return -middle - half, half - middle


def _roots(a: Float[Tensor, "p n"], b: Float[Tensor, "p n"], c: Float[Tensor, "p 1"]) -> Interval:
    """Both solutions of a t^2 + 2 b t + c = 0; far before near where there is none."""
    root = b.square() - a * c
    miss = root < 0
    root = root.clamp_(min=0).sqrt_()
    near, far = (-b - root) / a, (root - b) / a
    return near.masked_fill_(miss, torch.inf), far
