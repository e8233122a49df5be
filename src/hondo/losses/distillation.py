"""What a student learns of a teacher: its maps (log, scale-and-shift-invariant, gradient), features and attention."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from hondo.losses.gradient import gradient_loss
from hondo.losses.masked import masked_mean
from hondo.losses.scale_invariant import log_ratio, scale_invariant_loss
from hondo.losses.ssi import ssi_loss


def distil_log_loss(
    inv_depth: Float[Tensor, "b 1 h w"],
    inv_depth_teacher: Float[Tensor, "b 1 h w"],
    *,
    is_taught: Bool[Tensor, "b 1 h w"],
) -> Float[Tensor, ""]:
    """mean |g - median(g)|, g = log student - log teacher: for teachers whose inverse depth is known up to a factor."""
    return scale_invariant_loss(inv_depth, inv_depth_teacher.detach(), is_valid=is_taught, gradient_weight=0.0)


def distil_ssi_loss(
    inv_depth: Float[Tensor, "b 1 h w"],
    inv_depth_teacher: Float[Tensor, "b 1 h w"],
    *,
    is_taught: Bool[Tensor, "b 1 h w"],
) -> Float[Tensor, ""]:
    """mean |R| of ``ssi_loss``, untrimmed, without its gradient term: for relative teachers."""
    return ssi_loss(inv_depth, inv_depth_teacher.detach(), is_valid=is_taught, trim=0.0, gradient_weight=0.0)


def distil_gradient_loss(
    inv_depth: Float[Tensor, "b 1 h w"],
    inv_depth_teacher: Float[Tensor, "b 1 h w"],
    *,
    is_taught: Bool[Tensor, "b 1 h w"],
) -> Float[Tensor, ""]:
    """The gradient term of log student - log teacher at four scales: the teacher's edges."""
    return gradient_loss(log_ratio(inv_depth, inv_depth_teacher.detach(), is_taught), is_taught)


def distil_feature_loss(
    features: Float[Tensor, "b c _ _"],
    features_teacher: Float[Tensor, "b c h w"],
    *,
    is_taught: Bool[Tensor, "b 1 H W"],
) -> Float[Tensor, ""]:
    """mean of 1 - cosine between features of student and teacher at each place of the teacher's map.

    The student's are resized bilinearly; their channels must be the teacher's (``FeatureProjection``).
    """
    size_hw = features_teacher.shape[-2:]
    resized = F.interpolate(features.float(), size=size_hw, mode="bilinear", align_corners=False)
    is_known = F.interpolate(is_taught.float(), size=size_hw, mode="nearest-exact") > 0.5
    wanted = torch.where(is_known, features_teacher.detach().float(), 0)  # no NaN may reach a gradient
    return masked_mean(1 - F.cosine_similarity(resized, wanted, dim=1, eps=1e-6)[:, None], is_known)


def distil_attention_loss(
    own_features: Float[Tensor, "b c _ _"],
    features_teacher: Float[Tensor, "b d h w"],
    *,
    is_taught: Bool[Tensor, "b 1 H W"],
) -> Float[Tensor, ""]:
    """mean over images of |a - a_t|^2, a = sum_c f_c^2 / |sum_c f_c^2|: where the encoders look.

    Attention transfer (Zagoruyko and Komodakis 2017, eq. 2). Channels may differ; the student's map is resized to the
    teacher's, bilinearly.
    """
    size_hw = features_teacher.shape[-2:]
    resized = F.interpolate(own_features.float(), size=size_hw, mode="bilinear", align_corners=False)
    is_known = F.interpolate(is_taught.float(), size=size_hw, mode="nearest-exact") > 0.5
    wanted = torch.where(is_known, features_teacher.detach().float(), 0)
    maps = [F.normalize((each * is_known).square().sum(dim=1).flatten(1), dim=1) for each in (resized, wanted)]
    return (maps[0] - maps[1]).square().sum(dim=1).mean()
