"""Direct visual odometry: the motion that makes a source image, warped by depth, look like the target.

Gauss-Newton on an image pyramid, inverse compositional (Baker and Matthews 2004): the slopes are those of the target,
made once a level. A batch of pairs at a time.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.geometry.pose import T_from_axis_angle, invert_pose
from hondo.geometry.projection import inverse_K, linear, pixel_grid
from hondo.geometry.warp import synthesise_view

MIN_SIDE = 20  # pixels of the coarsest level
MAX_LEVELS = 5
ITERATIONS = 12  # a level
DAMPING = 1e-4  # relative to the diagonal (Levenberg 1944, Marquardt 1963)
HUBER = 1.345  # standard deviations, beyond which an error counts linearly (Huber 1981)
LEAST_DEVIATION = 2e-3  # of RGB 0..1; errors below are rounding


@torch.no_grad()
def align_direct(
    image: Float[Tensor, "b 3 h w"],
    source: Float[Tensor, "b 3 h w"],
    depth: Float[Tensor, "b 1 h w"],
    K: Float[Tensor, "b 3 3"],
    source_K: Float[Tensor, "b 3 3"],
    *,
    T_start: Float[Tensor, "b 4 4"] | None = None,
) -> Float[Tensor, "b 4 4"]:
    """T_source_target in the unit of ``depth``, which is the target's; images are RGB 0..1.

    Where no motion explains the source better than ``T_start`` (None: no motion), that is the answer. No gradient.
    """
    T = torch.eye(4, device=image.device).repeat(len(image), 1, 1) if T_start is None else T_start.float()
    grey, other = (each.float().mean(1, keepdim=True) for each in (image, source))
    inv_depth = 1 / depth.float().clamp(min=1e-6)
    count = 1
    while count < MAX_LEVELS and min(image.shape[-2:]) >= MIN_SIDE * 2**count:
        count += 1
    for level in reversed(range(count)):
        scale = 2**level
        sizes = K.new_tensor([1 / scale, 1 / scale, 1.0])[:, None].float()
        small, other_small, inverse = (F.avg_pool2d(each, scale) for each in (grey, other, inv_depth))
        T = _align_level(small, other_small, 1 / inverse, sizes * K.float(), sizes * source_K.float(), T)
    return T


def _align_level(
    target: Float[Tensor, "b 1 h w"],
    source: Float[Tensor, "b 1 h w"],
    depth: Float[Tensor, "b 1 h w"],
    K: Float[Tensor, "b 3 3"],
    source_K: Float[Tensor, "b 3 3"],
    T: Float[Tensor, "b 4 4"],
) -> Float[Tensor, "b 4 4"]:
    """The best of the motions that the iterations come to, by the same robust cost."""
    slopes = _slopes(target, depth, K).flatten(2)  # b 6 n
    exact = torch.float32 if target.device.type == "mps" else torch.float64
    limit = best = best_T = None
    for _ in range(ITERATIONS + 1):
        view, is_seen = synthesise_view(source, depth, T, K, source_K)
        error, is_seen = (view - target).flatten(1), is_seen.flatten(1)
        if limit is None:
            limit = HUBER * 1.4826 * _median(error.abs(), is_seen).clamp(min=LEAST_DEVIATION)  # b 1
        cost = torch.where(is_seen, error.abs().minimum(3 * limit), 3 * limit).mean(1)
        is_better = torch.ones_like(cost, dtype=torch.bool) if best is None else cost < best
        best = cost if best is None else torch.where(is_better, cost, best)
        best_T = T if best_T is None else torch.where(is_better[:, None, None], T, best_T)
        weight = is_seen * (limit / error.abs().clamp(min=1e-9)).clamp(max=1)  # b n
        weighted = slopes * weight[:, None]
        H = (weighted @ slopes.mT).to(exact)
        g = (weighted @ error[..., None])[..., 0].to(exact)  # b 6
        H = H + torch.diag_embed(DAMPING * H.diagonal(dim1=1, dim2=2) + 1e-9)
        step = torch.linalg.solve(H, g).to(target)
        T = T @ invert_pose(T_from_axis_angle(step[:, 3:], step[:, :3]))
    assert best_T is not None
    return best_T


def _slopes(
    target: Float[Tensor, "b 1 h w"], depth: Float[Tensor, "b 1 h w"], K: Float[Tensor, "b 3 3"]
) -> Float[Tensor, "b 6 h w"]:
    """How the target's grey changes where its points move by a translation and a rotation vector."""
    rays = linear(inverse_K(K), pixel_grid((target.shape[2], target.shape[3]), device=target.device))
    x, y = rays[:, :1], rays[:, 1:2]
    inverse = 1 / depth
    gx, gy = (each * K[:, axis, axis, None, None, None] for axis, each in enumerate(_gradient(target)))
    along = -(gx * x + gy * y)
    move = (gx * inverse, gy * inverse, along * inverse)
    turn = (along * y - gy, gx - along * x, gy * x - gx * y)
    return torch.cat((*move, *turn), dim=1)


def _gradient(image: Float[Tensor, "b 1 h w"]) -> tuple[Float[Tensor, "b 1 h w"], Float[Tensor, "b 1 h w"]]:
    """Central differences along x and y, per pixel."""
    wide = F.pad(image, (1, 1, 1, 1), mode="replicate")
    return (wide[..., 1:-1, 2:] - wide[..., 1:-1, :-2]) / 2, (wide[..., 2:, 1:-1] - wide[..., :-2, 1:-1]) / 2


def _median(values: Float[Tensor, "b n"], is_used: Bool[Tensor, "b n"]) -> Float[Tensor, "b 1"]:
    return torch.where(is_used, values, torch.nan).nanmedian(1, keepdim=True).values.nan_to_num(0.0)
