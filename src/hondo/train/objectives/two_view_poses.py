"""Poses of a clip's frames by two-view geometry, estimated once before training with the model's initial depth."""

from copy import deepcopy

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError
from hondo.core.sample import Samples
from hondo.core.types import DepthMap
from hondo.data.datasets.camera_path import camera_path
from hondo.data.datasets.clip import Frames
from hondo.geometry.depth_units import invert_depth
from hondo.models.base.depth_model import DepthModel
from hondo.train.loop.progress import iterate_with_progress

NEEDS_CAMERA = (
    "learning from video needs the camera's intrinsics; give data.camera=FILE, fx,fy,cx,cy in pixels of the frames, "
    "or fov=DEGREES"
)


def with_camera_path(samples: Samples, model: DepthModel) -> Frames:
    """The frames with poses in the unit of the model's initial depth; needs intrinsics."""
    from hondo.engines.load import load
    from hondo.images.read import read_image

    if not isinstance(samples, Frames):
        raise HondoError("objective.pose two-view needs frames of a clip; choose network, shared or known")
    if samples.camera is None:
        raise HondoError(f"{samples.root}: {NEEDS_CAMERA}")
    predictor = load(deepcopy(model), engine="torch", device=str(next(model.parameters()).device))
    images = (read_image(path) for path in iterate_with_progress(samples.images, what="camera path, frames"))
    samples.poses = camera_path(images, samples.camera, depth=lambda image: unscaled_depth(predictor(image)))
    predictor.close()
    return samples


def unscaled_depth(depth_map: DepthMap) -> Float[np.ndarray, "h w"]:
    """Depth up to one factor: NaN where unknown, inf where infinitely far."""
    return invert_depth(depth_map.values, not_positive="inf") if depth_map.kind.is_inverse else depth_map.values
