"""The motion between two images by a pose network, in the unit of the depth model that was trained with it."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8

from hondo.core.errors import HondoError
from hondo.engines.load import ModelSettings
from hondo.images.placement import resize_image
from hondo.mapping.odometry.odometer import MotionOf
from hondo.models.base.multi_frame import MultiFrameModel
from hondo.models.base.pose_model import PoseModel
from hondo.models.registry.build_model import build_model

TWO_VIEW, NETWORK = "two-view", "network"


def motion_of(pose: str, *, model: str | Path, settings: ModelSettings) -> MotionOf | None:
    """``two-view``: None. ``network``: that of the depth model. Else the name or file of a pose network."""
    if pose == TWO_VIEW:
        return None
    if pose == NETWORK:
        depth_model = None if Path(model).suffix in (".onnx", ".xml", ".engine") else settings.build(model)
        network = depth_model.pose if isinstance(depth_model, MultiFrameModel) else None
        if network is None:
            raise HondoError(
                f"{model} holds no pose network; give pose={TWO_VIEW}, or the name or file of one (hondo models)",
                field="pose",
            )
        return motion_by(network)
    built = build_model(pose)
    if not isinstance(built, PoseModel):
        raise HondoError(f"{pose} gives depth, not poses; give pose={TWO_VIEW} or a pose network", field="pose")
    return motion_by(built)


def motion_by(network: PoseModel) -> MotionOf:
    """T_next_first by ``network``, both images resized to its own size."""
    network = network.eval()

    def motion(first: UInt8[np.ndarray, "H W 3"], following: UInt8[np.ndarray, "H W 3"]) -> Float[np.ndarray, "4 4"]:
        pair = [torch.from_numpy(resize_image(each, network.input_spec.size_hw)) for each in (first, following)]
        images = torch.stack(pair).permute(0, 3, 1, 2).float() / 255
        with torch.inference_mode():
            return network(images[:1], images[1:])[0].double().numpy()

    return motion
