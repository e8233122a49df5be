"""Samples of stereo pairs with depth from stereo matching where LiDAR or other labels have none."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.sample import Sample, Samples
from hondo.images.pixels import tensor_to_rgb8
from hondo.images.stereo_matching import match_disparity

SLACK = 1e-3  # of the rotation and of the other axes of a rectified pair


class WithProxyDepth(Sequence[Sample]):
    """The samples, with metres from the disparity of their rectified stereo view where no label is known."""

    def __init__(self, samples: Samples) -> None:
        self.samples = samples
        self.groups = getattr(samples, "groups", None)
        self.streams = getattr(samples, "streams", None)

    @property
    def origins(self) -> tuple[str, ...]:
        """As the samples name themselves, if they do without being read."""
        return getattr(self.samples, "origins", None) or tuple(sample.origin for sample in self)

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Sample:  # pyright: ignore[reportIncompatibleMethodOverride]
        return with_proxy_depth(self.samples[index])


def with_proxy_depth(sample: Sample) -> Sample:
    """The sample with matched depth [m] added; one without a stereo view, a camera or its pose stays as it is.

    depth = fx * baseline / disparity. Labels that are there are kept.
    """
    view = next((view for view in sample.sources if view.role == "stereo"), None)
    if view is None or view.T_source_target is None or sample.camera is None:
        return sample
    matched, certain = matched_depth(
        sample.image, view.image, fx=sample.camera.fx, T_other_image=view.T_source_target, origin=sample.origin
    )
    if sample.depth_gt is not None and sample.valid is not None:
        matched = torch.where(sample.valid, sample.depth_gt, matched)
        certain = certain | sample.valid
    return replace(sample, depth_gt=torch.where(certain, matched, 0), valid=certain)


def matched_depth(
    image: Float[Tensor, "3 h w"],
    other: Float[Tensor, "3 h w"],
    *,
    fx: float,
    T_other_image: Float[Tensor, "4 4"],
    origin: str = "",
) -> tuple[Float[Tensor, "1 h w"], Bool[Tensor, "1 h w"]]:
    """Depth of an image by its disparity to the other one of a rectified pair [m], and where that is certain."""
    baseline = _baseline(T_other_image, origin)
    disparity, is_certain = _disparity(image, other, baseline=baseline)
    depth = fx * abs(baseline) / np.where(is_certain, disparity, 1)
    return torch.from_numpy(depth.astype(np.float32))[None], torch.from_numpy(is_certain)[None]


def _baseline(T_other_image: Float[Tensor, "4 4"], origin: str) -> float:
    """How far to the right of the image's camera the other one stands [m]; refuses a pair that is not rectified."""
    pose = T_other_image.double().cpu()
    is_rectified = (pose[:3, :3] - torch.eye(3, dtype=pose.dtype)).abs().max() < SLACK
    sideways, other = pose[0, 3].abs(), pose[1:3, 3].abs().max()
    if not is_rectified or not sideways > 0 or other > SLACK + 0.01 * sideways:
        raise HondoError(f"{origin}: the stereo pair is not rectified (its cameras are turned); match it without proxy")
    return -float(pose[0, 3])


def _disparity(
    image: Float[Tensor, "3 h w"], other: Float[Tensor, "3 h w"], *, baseline: float
) -> tuple[Float[np.ndarray, "h w"], Bool[np.ndarray, "h w"]]:
    """Of the target; where it is the right one of the pair, both images are mirrored."""
    left, right = tensor_to_rgb8(image), tensor_to_rgb8(other)
    if baseline > 0:
        return match_disparity(left, right)
    disparity, is_certain = match_disparity(np.ascontiguousarray(left[:, ::-1]), np.ascontiguousarray(right[:, ::-1]))
    return disparity[:, ::-1].copy(), is_certain[:, ::-1].copy()
