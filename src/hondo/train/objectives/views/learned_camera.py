"""Intrinsics as parameters of an objective, started from a guess (Gordon et al. 2019): one camera took each clip."""

import json
from dataclasses import replace
from typing import Any, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.core.sample import Batch, Samples
from hondo.core.types import Camera
from hondo.data.datasets.clips import clips_of

# A step of Adam moves every parameter by its learning rate; intrinsics may move so many times as fast as weights.
GAIN = 20.0


class LearnedCamera(nn.Module):
    """The focal length as a factor of the guess, and with ``what="all"`` also fy and the principal point.

    ``cameras``: how many clips there are, each with a camera of its own; 1: all share one.
    """

    def __init__(self, what: Literal["focal", "all"], *, cameras: int = 1) -> None:
        super().__init__()
        self.log_focal = nn.Parameter(torch.zeros(cameras, 2 if what == "all" else 1))
        self.shift = nn.Parameter(torch.zeros(cameras, 2)) if what == "all" else None  # in focal lengths

    def forward(self, batch: Batch) -> Batch:
        """The batch with the intrinsics as they are known now."""
        assert batch.K is not None
        count = len(self.log_focal)
        if count > 1 and max(batch.clips, default=0) >= count:
            raise HondoError(
                f"the data has {max(batch.clips) + 1} clips or more and objective.cameras is {count}; give the number "
                "of clips, or 1 if one camera took them all",
                field="objective.cameras",
            )
        rows = torch.tensor(batch.clips if count > 1 else [0] * len(batch.image), device=batch.image.device)
        K = self._moved(batch.K[:, None], rows, batch)[:, 0]
        sources = None if batch.source_K is None else self._moved(batch.source_K, rows, batch)
        return replace(batch, K=K, source_K=sources)

    def camera(self, guess: Camera, *, clip: int = 0) -> Camera:
        """The learned camera of a clip whose camera was guessed."""
        row = min(clip, len(self.log_focal) - 1)
        fx, fy = (GAIN * self.log_focal[row]).exp().expand(2).tolist()
        shift = [0.0, 0.0] if self.shift is None else (GAIN * self.shift[row]).tolist()
        cx, cy = guess.cx + guess.fx * shift[0], guess.cy + guess.fy * shift[1]
        return replace(guess, fx=guess.fx * fx, fy=guess.fy * fy, cx=cx, cy=cy)

    def _moved(self, K: Float[Tensor, "b n 3 3"], rows: Tensor, batch: Batch) -> Float[Tensor, "b n 3 3"]:
        """K with its focal lengths multiplied and its principal point shifted; against x in mirrored samples."""
        factor = F.pad((GAIN * self.log_focal[rows]).exp().expand(-1, 2), (0, 1), value=1.0)[:, None]  # b 1 3
        moved = K + torch.diag_embed((factor - 1) * K.diagonal(dim1=2, dim2=3))
        if self.shift is None:
            return moved
        shift = GAIN * self.shift[rows]
        if batch.is_flipped is not None:
            mirror = torch.where(batch.is_flipped.to(shift.device), -1.0, 1.0)
            shift = shift * torch.stack([mirror, torch.ones_like(mirror)], dim=1)
        offset = torch.zeros_like(moved)
        offset[..., :2, 2] = (shift * K[:, 0].diagonal(dim1=1, dim2=2)[:, :2])[:, None]
        return moved + offset


def learned_intrinsics(objective: Any, samples: Samples) -> dict[str, str]:
    """Files with the intrinsics that an objective learned, by name: one, or one for each clip; else none."""
    camera = getattr(getattr(objective, "photometric", objective), "camera", None)
    if not isinstance(camera, LearnedCamera):
        return {}
    guesses = [clip.camera for clip in clips_of(samples)] or [samples[0].camera]
    count = len(camera.log_focal)
    found = {number: camera.camera(guess, clip=number) for number, guess in enumerate(guesses[:count]) if guess}
    name = "intrinsics.json" if count == 1 else "intrinsics-{}.json"
    return {name.format(number): _as_json(each) for number, each in found.items()}


def _as_json(camera: Camera) -> str:
    height, width = camera.size_hw
    numbers = {"fx": camera.fx, "fy": camera.fy, "cx": camera.cx, "cy": camera.cy, "width": width, "height": height}
    return json.dumps(numbers, indent=2) + "\n"
