"""The length of the camera's motion against the one that its speed, or GPS, says."""

from jaxtyping import Float
from torch import Tensor

from hondo.losses.masked import masked_mean


def velocity_loss(T_source_target: Float[Tensor, "b n 4 4"], distance: Float[Tensor, "b n"]) -> Float[Tensor, ""]:
    """mean | |t| - distance | [m] over the views whose ``distance`` is known (Guizilini et al. 2020, eq. 7)."""
    length = T_source_target[..., :3, 3].float().square().sum(-1).clamp(min=1e-12).sqrt()  # b n; finite slope at 0
    is_known = distance.isfinite()
    return masked_mean((length - distance.nan_to_num(0.0)).abs(), is_known)
