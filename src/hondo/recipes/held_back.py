"""What training gained, on frames that it did not see: photometric error, depth error where depth is known, a sheet."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from hondo.core.errors import warn
from hondo.core.report import Row
from hondo.core.sample import Sample, Samples
from hondo.core.types import DepthKind, DepthMap
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.clips import Clips, clips_of
from hondo.data.loading.bad_samples import readable_ones
from hondo.data.loading.collate import collate
from hondo.images.colour import colourise
from hondo.images.draw import contact_sheet
from hondo.images.pixels import tensor_to_rgb8
from hondo.images.read import write_image
from hondo.losses.masked import masked_mean
from hondo.losses.views.reprojection import OUT_OF_VIEW
from hondo.models.base.depth_model import DepthModel
from hondo.train.loop.training import to_device
from hondo.train.objectives.early_watch import error_image, explain_scales
from hondo.train.objectives.self_supervised import SelfSupervised

MIN_TARGETS, MIN_HELD = 30, 3  # frames of a clip: shorter clips hold none back; and how many at least
NUM_SCORED, NUM_SHOWN = 12, 4
SCALES = tuple(float(each) for each in np.geomspace(0.6, 1.0 / 0.6, 9))  # the scale is free: the best one counts
MOVING = 0.5  # of the median distance between a target and its source
WORSE, NOTICED = 1.01, 1e-3  # of the error before; and by how much
Image = Float[np.ndarray, "h w"]


def hold_back(samples: Samples, share: float) -> Samples:
    """The samples without ``share`` of the frames of each clip, and without frames that see those: its last ones in
    which the camera moves as it does elsewhere, since frames without parallax cannot tell depth.
    """
    clips = clips_of(samples)
    for clip in clips:
        count = max(MIN_HELD, round(share * len(clip.targets)))
        if share > 0 and len(clip.targets) >= MIN_TARGETS:
            end = _last_moving(clip, count)
            clip.held_back = list(clip.targets[end - count : end])
            reach = max((abs(offset) for offset in clip.offsets), default=0)
            first, last = clip.held_back[0] - reach, clip.held_back[-1] + reach
            clip.targets = [each for each in clip.targets if not first <= each <= last]
    return Clips(clips) if len(clips) > 1 else samples


def _last_moving(clip: Frames, count: int) -> int:
    """The end of the last ``count`` targets that move at least MOVING times as far as targets do; else of the last."""
    if clip.poses is None or not clip.offsets:
        return len(clip.targets)
    here, there = (clip.poses[np.array(clip.targets) + offset, :3, 3] for offset in (0, clip.offsets[0]))
    moved = np.linalg.norm(there - here, axis=1)
    for end in range(len(moved), count - 1, -1):
        if np.median(moved[end - count : end]) >= MOVING * np.median(moved):
            return end
    return len(moved)


def held_back_samples(samples: Samples) -> list[Sample]:
    """Some of the frames that were held back, spread over them."""
    parts = [copy(clip) for clip in clips_of(samples) if clip.held_back]
    for part in parts:
        part.targets = list(part.held_back)
    every = Clips(parts)
    if not parts:
        return []
    return readable_ones(every, np.unique(np.linspace(0, len(every) - 1, NUM_SCORED).round().astype(int)).tolist())


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Means over the frames; ``abs_rel`` at the median scale of each (None: no depth is known)."""

    photometric: float
    abs_rel: float | None
    maps: tuple[DepthMap, ...]
    errors: tuple[Float[torch.Tensor, "1 h w"], ...]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The model that training began with, and the one it ended with."""

    before: Scores
    after: Scores
    samples: Sequence[Sample]

    def rows(self, subject: str) -> list[Row]:
        """For the report of the run."""
        named = {"photometric, held back": "photometric", "abs_rel, held back": "abs_rel"}
        return [
            Row(name=f"{name}, {when}", value=value, better="lower", subject=subject)
            for name, field in named.items()
            for when, scores in (("before", self.before), ("after", self.after))
            if (value := getattr(scores, field)) is not None
        ]

    @property
    def has_gained(self) -> bool:
        """Whether the frames are explained better after than before; depth has no say, even where it is known."""
        return self.after.photometric < self.before.photometric

    @property
    def verdict(self) -> str:
        """One line; says so where the model is worse after than before."""
        pairs = {"photometric error": (self.before.photometric, self.after.photometric)}
        if self.before.abs_rel is not None and self.after.abs_rel is not None:
            pairs["abs_rel"] = self.before.abs_rel, self.after.abs_rel
        text = ", ".join(f"{name} {before:.4f} before, {after:.4f} after" for name, (before, after) in pairs.items())
        worse = [name for name, (before, after) in pairs.items() if after > max(WORSE * before, before + NOTICED)]
        verdict = f"{len(self.samples)} frames held back: {text}"
        return f"{verdict}; WORSE after than before: {' and '.join(worse)}" if worse else verdict

    def write_sheet(self, path: Path) -> Path:
        """A row an image: image, depth and error before, depth and error after."""
        tiles = []
        for number in np.unique(np.linspace(0, len(self.samples) - 1, NUM_SHOWN).round().astype(int)):
            tiles.append(tensor_to_rgb8(self.samples[number].image))
            for scores in (self.before, self.after):
                tiles += [colourise(scores.maps[number]), error_image(scores.errors[number])]
        captions = ["image", "depth before", "error before", "depth after", "error after"]
        return write_image(path, contact_sheet(tiles, captions=captions * (len(tiles) // 5), columns=5, tile_width=256))


def compare(
    objective: SelfSupervised, samples: Sequence[Sample], *, before: DepthModel, after: DepthModel
) -> Comparison:
    """Both models with the poses that the objective has in the end, each at the scale that suits it best."""
    compared = Comparison(
        before=_score(objective, samples, before), after=_score(objective, samples, after), samples=samples
    )
    if "WORSE" in compared.verdict:
        warn(compared.verdict)
    return compared


def _score(objective: SelfSupervised, samples: Sequence[Sample], model: DepthModel) -> Scores:
    device = next(objective.parameters()).device
    model = model.to(device)
    errors, relative, maps = [], [], []
    by_scale = np.zeros(len(SCALES))
    for sample in samples:
        batch = to_device(collate([sample]), device)
        found = explain_scales(objective, batch, model=model, scales=SCALES)
        by_scale += [each.photometric for each in found]
        best = min(found, key=lambda each: each.photometric)
        errors.append(torch.where(best.error < OUT_OF_VIEW, best.error, 0.0)[0].cpu())
        depth = best.depth.cpu()
        maps.append(DepthMap(values=(1 / depth[0, 0]).numpy(), kind=DepthKind.SCALED_INVERSE_DEPTH))
        if batch.depth_gt is not None and batch.valid is not None and bool(batch.valid.any()):
            gt, is_valid = batch.depth_gt.cpu(), batch.valid.cpu()
            ratio = (gt[is_valid] / depth[is_valid]).median()
            relative.append(float(masked_mean((depth * ratio - gt).abs() / gt.clamp(min=1e-6), is_valid)))
    return Scores(
        photometric=float(by_scale.min() / len(samples)),
        abs_rel=float(np.mean(relative)) if relative else None,
        maps=tuple(maps),
        errors=tuple(errors),
    )
