"""Edge-aware smoothness: depth may change where the image does."""

from jaxtyping import Float
from torch import Tensor

EPSILON = 1e-7  # added to the mean (monodepth2)


def smoothness_loss(inv_depth: Float[Tensor, "b 1 h w"], image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, ""]:
    """mean |dx d| exp(-|dx I|) + mean |dy d| exp(-|dy I|), d = inverse depth over its mean (monodepth2 eq. 3); float32.

    Monodepth2 normalises the raw sigmoid; any inverse depth will do, as one factor cancels. The image is RGB 0..1.
    """
    inv_depth, image = inv_depth.float(), image.float()
    normalised = inv_depth / (inv_depth.mean(dim=(2, 3), keepdim=True) + EPSILON)
    edges_x = image.diff(dim=-1).abs().mean(1, keepdim=True)
    edges_y = image.diff(dim=-2).abs().mean(1, keepdim=True)
    smooth_x = normalised.diff(dim=-1).abs() * (-edges_x).exp()
    smooth_y = normalised.diff(dim=-2).abs() * (-edges_y).exp()
    return smooth_x.mean() + smooth_y.mean()
