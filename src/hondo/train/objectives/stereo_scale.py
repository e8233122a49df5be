"""Metres for a model up to scale from rectified stereo pairs: what their disparity says against what it predicts."""

from statistics import median

import numpy as np
import torch

from hondo.core.sample import Sample, Samples
from hondo.images.pixels import tensor_to_rgb8
from hondo.models.base.depth_model import DepthModel
from hondo.train.objectives.objective import resized
from hondo.train.objectives.teaching_check import explained, measure_pair

NUM_SAMPLES = 8
MIN_MATCHES = 30


@torch.no_grad()
def stereo_factor(samples: Samples, model: DepthModel) -> float:
    """Metric over predicted inverse depth, the median over a few samples with a stereo view; 1 where none matches."""
    chosen = np.unique(np.linspace(0, len(samples) - 1, NUM_SAMPLES).round().astype(int)).tolist()
    was_training = model.training
    model.eval()
    ratios = [ratio for index in chosen if (ratio := _ratio(samples[index], model)) is not None]
    model.train(was_training)
    return median(ratios) if ratios else 1.0


def _ratio(sample: Sample, model: DepthModel) -> float | None:
    view = next(view for view in sample.sources if view.role == "stereo")
    camera = sample.camera
    if camera is None or view.T_source_target is None:
        return None
    motion = measure_pair(tensor_to_rgb8(sample.image), tensor_to_rgb8(view.image), camera)
    is_right, depth = explained(motion, view.T_source_target.double().numpy())
    if is_right.sum() < MIN_MATCHES:
        return None
    seen = model(sample.image[None].to(next(model.parameters()).device))[0].float()
    inv_depth = resized(seen, sample.image.shape[-2:])[0, 0].cpu().numpy()
    places = motion.rays[is_right] * (camera.fx, camera.fy) + (camera.cx, camera.cy)
    columns, rows = np.floor(places).astype(int).T
    predicted = inv_depth[rows.clip(0, inv_depth.shape[0] - 1), columns.clip(0, inv_depth.shape[1] - 1)]
    return float(np.median(1 / depth[is_right]) / max(float(np.median(predicted)), 1e-9))
