"""Four things are called depth: depth [m], inverse depth [1/m], disparity [px] and sigmoid. The ways between them."""

import torch
from jaxtyping import Float
from torch import Tensor

# Ends of the sigmoid's range in metres (monodepth2, Godard et al. 2019, section 3.3 and its published code).
MIN_DEPTH, MAX_DEPTH = 0.1, 100.0
_MIN_INV_DEPTH = 1e-6  # 1/m: a million metres


def depth_from_inv_depth(
    inv_depth: Float[Tensor, "*b"], *, min_inv_depth: float = _MIN_INV_DEPTH
) -> Float[Tensor, "*b"]:
    """1 / inverse depth; values at or under ``min_inv_depth`` [1/m] are as far as it says."""
    return 1 / inv_depth.clamp(min=min_inv_depth)


def inv_depth_from_depth(depth: Float[Tensor, "*b"]) -> Float[Tensor, "*b"]:
    """1 / depth [1/m]; 0 where depth is not positive, the value of a point that is infinitely far."""
    is_known = depth > 0
    return torch.where(is_known, 1 / torch.where(is_known, depth, torch.ones_like(depth)), torch.zeros_like(depth))


def inv_depth_from_sigmoid(
    sigmoid: Float[Tensor, "*b"], *, min_depth: float = MIN_DEPTH, max_depth: float = MAX_DEPTH
) -> Float[Tensor, "*b"]:
    """1/max + (1/min - 1/max) sigmoid [1/m]: 0 is ``max_depth``, 1 is ``min_depth``."""
    return 1 / max_depth + (1 / min_depth - 1 / max_depth) * sigmoid


def sigmoid_from_inv_depth(
    inv_depth: Float[Tensor, "*b"], *, min_depth: float = MIN_DEPTH, max_depth: float = MAX_DEPTH
) -> Float[Tensor, "*b"]:
    """The inverse of ``inv_depth_from_sigmoid``."""
    return (inv_depth - 1 / max_depth) / (1 / min_depth - 1 / max_depth)


def inv_depth_from_disparity(disparity_px: Float[Tensor, "*b"], *, fx: float, baseline_m: float) -> Float[Tensor, "*b"]:
    """disparity / (fx baseline) [1/m], of a rectified stereo pair."""
    return disparity_px / (fx * baseline_m)


def disparity_from_inv_depth(inv_depth: Float[Tensor, "*b"], *, fx: float, baseline_m: float) -> Float[Tensor, "*b"]:
    """fx baseline inverse depth [px], of a rectified stereo pair."""
    return inv_depth * (fx * baseline_m)
