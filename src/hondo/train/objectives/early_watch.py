"""The first steps of a self-supervised run, watched on a few samples: what goes wrong early is said, with images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from hondo.core.errors import HondoError, warn
from hondo.core.sample import Batch, Sample, Samples
from hondo.core.types import Camera, DepthKind, DepthMap, Size
from hondo.data.loading.bad_samples import readable_ones
from hondo.data.loading.collate import collate
from hondo.geometry.focal_length import FocalEstimate, estimate_focal_length
from hondo.geometry.projection import pixel_grid
from hondo.geometry.warp import source_pixels, synthesise_view
from hondo.images.colour import colourise
from hondo.images.draw import contact_sheet
from hondo.images.pixels import tensor_to_rgb8
from hondo.images.read import write_image
from hondo.losses.masked import masked_mean
from hondo.losses.photometric import moments, photometric_error
from hondo.losses.views.reprojection import OUT_OF_VIEW, Views, reprojection_errors, smallest
from hondo.models.base.depth_model import DepthModel
from hondo.train.loop.training import to_device
from hondo.train.objectives.objective import both_units, resized
from hondo.train.objectives.self_supervised import SelfSupervised, views_of
from hondo.train.objectives.teaching_check import PairMotion, measure_pair

LAST_STEP = 200  # by then the loss must have fallen
NUM_SAMPLES, NUM_FOCAL = 4, 16
COLLAPSED = 0.01  # standard deviation of the inverse depth in an image, over its mean
IDENTITY = 0.1  # of the motion seen: what poses move less is none
SEEN_PX = 1.0  # motion of the images, pixels of 192x256: less tells nothing of poses
FLAT = 0.98  # of the first error
EXPLAINED = 0.7  # of the error without a warp: below, depth and poses explain the images
FOCAL_SLACK = 1.05
ERROR_SHOWN = 0.4  # photometric error that is white


@dataclass(frozen=True, kw_only=True)
class Explained:
    """How well depth and poses explain a batch."""

    depth: Float[Tensor, "b 1 h w"]
    views: Views
    error: Float[Tensor, "b 1 h w"]  # the smallest of the warped sources; OUT_OF_VIEW where none is seen
    still_error: Float[Tensor, "b 1 h w"]  # of the sources as they are
    spread: float  # of the inverse depth: standard deviation over mean, median over the images
    moved_px: float  # by which depth and poses move the pixels, median

    @property
    def photometric(self) -> float:
        """The mean over the pixels that are seen."""
        return float(masked_mean(self.error, self.error < OUT_OF_VIEW))

    @property
    def unwarped(self) -> float:
        """The mean error of the sources as they are, over the same pixels."""
        return float(masked_mean(self.still_error, self.error < OUT_OF_VIEW))


def explain(
    objective: SelfSupervised, batch: Batch, *, model: DepthModel | None = None, scale: float = 1.0
) -> Explained:
    """With the poses of the objective, and the depth of its model or another one, times ``scale``."""
    return explain_scales(objective, batch, model=model, scales=(scale,))[0]


@torch.no_grad()
def explain_scales(
    objective: SelfSupervised, batch: Batch, *, model: DepthModel | None = None, scales: Sequence[float]
) -> list[Explained]:
    """The same for several scales; the networks run once."""
    network = objective.model if model is None else model
    was_training = objective.training
    objective.eval()
    values = network.eval()(batch.image)[0].float()
    units = both_units(resized(values, batch.image.shape[-2:]), network.kind)
    views = views_of(batch, objective.poses(batch, batch.image))
    objective.train(was_training)
    inv_depth, weight = units["inv_depth"].flatten(1), objective.config.ssim_weight
    spread = float((inv_depth.std(1) / inv_depth.mean(1).clamp(min=1e-9)).median())
    target = moments(batch.image)
    still = smallest([photometric_error(source, target, ssim_weight=weight) for source in views.sources])

    def at(depth: Float[Tensor, "b 1 h w"]) -> Explained:
        moved = [
            source_pixels(depth, T, views.K, K)[0] - pixel_grid(_size(depth), device=depth.device, dtype=depth.dtype)
            for T, K in zip(views.T_source_target, views.source_K, strict=True)
        ]
        return Explained(
            depth=depth,
            views=views,
            error=smallest(reprojection_errors(depth, views, target, ssim_weight=weight, mask_outside=True)),
            still_error=still,
            spread=spread,
            moved_px=float(torch.stack(moved).norm(dim=2).median()),
        )

    return [at(units["depth"] * scale) for scale in scales]


class EarlyWatch:
    """Called with the objective and the step; says each thing once, and writes a sheet into ``folder``."""

    def __init__(self, samples: Samples, folder: Path) -> None:
        places = np.unique(np.linspace(0, len(samples) - 1, NUM_FOCAL).round().astype(int)).tolist()
        known = [each for each in readable_ones(samples, places) if each.sources and each.camera is not None]
        alike = [each for each in known if each.image.shape == known[0].image.shape]
        self._samples = [each for each in alike if _roles(each) == _roles(alike[0])]
        if not self._samples:
            raise HondoError("the first steps are watched on samples with source views and intrinsics")
        self._batch = collate(self._samples[:: max(1, len(self._samples) // NUM_SAMPLES)][:NUM_SAMPLES])
        self._folder, self._first, self._said = folder, None, set[str]()

    def __call__(self, objective: SelfSupervised, step: int) -> None:
        device = next(objective.parameters()).device
        found = explain(objective, to_device(self._batch, device))
        if step == 0:
            self._first = found.photometric
            return
        write_reprojection(found, self._folder / f"reprojection-{step:06d}.jpg")
        for name, message in self._complaints(found, step=step):
            if name not in self._said:
                self._said.add(name)
                warn(f"step {step}: {message}")

    def _complaints(self, found: Explained, *, step: int) -> list[tuple[str, str]]:
        said = []
        if found.spread < COLLAPSED:
            said.append((
                "disparity",
                f"disparity collapsed: the inverse depth of an image varies by {found.spread:.2%}, all pixels get the "
                "same depth; lower optim.lr, start from trained weights, or check the poses",
            ))  # fmt: skip
        seen_px = self._seen_px()
        scale = (self._batch.image.shape[-1] * self._batch.image.shape[-2] / (192 * 256)) ** 0.5
        if seen_px > SEEN_PX and found.moved_px < IDENTITY * seen_px * scale:
            said.append((
                "pose",
                f"the pose is the identity: it moves pixels by {found.moved_px:.2f} where the images move by "
                f'{seen_px * scale:.1f}; objective.pose="two-view" finds poses before training, or raise optim.lr',
            ))  # fmt: skip
        is_flat = self._first is not None and found.photometric > max(FLAT * self._first, EXPLAINED * found.unwarped)
        if is_flat and step >= LAST_STEP:
            said.append(
                ("loss", f"the loss is flat ({self._first:.4f} to {found.photometric:.4f}): {self._why_flat()}")
            )
        return said

    def _seen_px(self) -> float:
        return float(np.median([_motion(each).motion_px for each in self._samples[:NUM_SAMPLES]]))

    def _why_flat(self) -> str:
        """Whether another K explains the matches of the samples better."""
        camera = self._samples[0].camera
        assert camera is not None
        matches = []
        for each in self._samples:
            motion = _motion(each, is_wide=True)
            scale = np.array((camera.fx, camera.fy))
            matches.append((motion.rays * scale, motion.next_rays * scale))
        return focal_remark(estimate_focal_length(matches, width=camera.size_hw[1]), camera)


def focal_remark(seen: FocalEstimate | None, camera: Camera) -> str:
    """What the focal length that the images show says of the one given."""
    if seen is None or not seen.is_determined:
        return "depth and poses explain nothing; check the intrinsics, the motion of the camera and optim.lr"
    if seen.low / FOCAL_SLACK < camera.fx < seen.high * FOCAL_SLACK:
        return "K fits the motion of the images; check the motion of the camera, what moves in the scene, and optim.lr"
    wrong = abs(camera.fx / seen.focal - 1)
    return (
        f"K looks wrong by about {wrong:.0%}: a focal length of {seen.focal:.0f} px ({seen.low:.0f} to "
        f"{seen.high:.0f}) fits the images of {camera.size_hw[1]} px width, not {camera.fx:.0f}; give data.camera"
    )


def write_reprojection(found: Explained, path: Path) -> Path:
    """A row an image: target, source, source warped to the target, errors without and with the warp, depth."""
    views, tiles = found.views, []
    warped = synthesise_view(views.sources[0], found.depth, views.T_source_target[0], views.K, views.source_K[0])[0]
    for number in range(len(views.target)):
        error = torch.where(found.error < OUT_OF_VIEW, found.error, 0.0)
        inverse = DepthMap(values=(1 / found.depth[number, 0]).cpu().numpy(), kind=DepthKind.SCALED_INVERSE_DEPTH)
        tiles += [tensor_to_rgb8(each[number].cpu()) for each in (views.target, views.sources[0], warped)]
        tiles += [error_image(each[number]) for each in (found.still_error, error)]
        tiles.append(colourise(inverse))
    captions = ["target", "source", "source, warped", "error unwarped", "error warped", "depth"]
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_image(path, contact_sheet(tiles, captions=captions * len(views.target), columns=6, tile_width=240))


def error_image(error: Float[Tensor, "1 h w"]) -> UInt8[np.ndarray, "h w 3"]:
    """Black is none, white ERROR_SHOWN or more."""
    return tensor_to_rgb8((error / ERROR_SHOWN).clamp(0, 1).expand(3, -1, -1).cpu())


def _motion(sample: Sample, *, is_wide: bool = False) -> PairMotion:
    """From the target to its first source; ``is_wide``: from the last source, which is farther away."""
    assert sample.camera is not None
    first = sample.sources[0].image
    start = sample.sources[-1].image if is_wide and len(sample.sources) > 1 else sample.image
    return measure_pair(tensor_to_rgb8(start), tensor_to_rgb8(first), sample.camera)


def _roles(sample: Sample) -> Sequence[object]:
    return [view.role for view in sample.sources]


def _size(depth: Float[Tensor, "b 1 h w"]) -> Size:
    return depth.shape[2], depth.shape[3]
