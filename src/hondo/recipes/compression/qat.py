"""Quantization-aware training: a model learns, rounding to 8 bits as its int8 file will, to answer as it did in float.

Ranges are measured first; then weights are trained through the rounding against the float model's maps. No factor is
free: an int8 file has to give the same depth. Layers that the search of a plain int8 export spares stay in float.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.compress.compressor import Images
from hondo.compress.quantization_aware import with_fake_quantization
from hondo.core.check_config import check_config
from hondo.core.sample import Batch, Samples
from hondo.core.types import DepthKind, Size
from hondo.engines.base.metadata import Int8Facts
from hondo.models.base.depth_model import DepthModel
from hondo.nn.fake_quantize import fake_quantized_layers
from hondo.recipes.compression.short_training import LIMITS, ShortTraining, held, train_on
from hondo.train.loop.checkpoint import seed_everything
from hondo.train.objectives.objective import Losses, freeze_norm_statistics

CALIBRATION = 16  # images that set the ranges
SMALLEST = 1e-3  # share of a map's mean below which values count as this small


@dataclass(frozen=True, kw_only=True)
class QatConfig(ShortTraining):
    """A short training in int8 arithmetic."""

    steps: int = 200
    lr: float = 1e-5  # the rounded model is near the float one already

    def __post_init__(self) -> None:
        check_config(self, name="qat", limits=LIMITS)


@dataclass(frozen=True, kw_only=True)
class QuantizationAware:
    """A model that rounds to 8 bits, and what its files state: export it with ``trained_int8=facts``."""

    model: DepthModel
    facts: Int8Facts
    loss: float


class Imitation(nn.Module):
    """The distance of a model to the float one it was made of; no factor is free."""

    def __init__(self, model: DepthModel, teacher: DepthModel) -> None:
        super().__init__()
        self.model, self._teacher = model, (teacher.eval().requires_grad_(False),)  # in a tuple: no submodule

    def train(self, mode: bool = True) -> "Imitation":
        """Training mode; batch-norm statistics stay."""
        super().train(mode)
        freeze_norm_statistics(self.model)
        return self

    def forward(self, batch: Batch) -> Losses:
        with torch.no_grad():
            wanted = self._teacher[0](batch.image)[0].float()
        loss = relative_distance(self.model(batch.image)[0].float(), wanted, kind=self.model.kind)
        return loss, {"imitation": loss.detach()}


def relative_distance(
    given: Float[Tensor, "b 1 h w"], wanted: Float[Tensor, "b 1 h w"], *, kind: DepthKind
) -> Float[Tensor, ""]:
    """mean |log given - log wanted|; of relative inverse depth mean |given - wanted| / mean deviation of wanted."""
    if kind is DepthKind.RELATIVE_INVERSE_DEPTH:
        return (given - wanted).abs().mean() / (wanted - wanted.mean()).abs().mean().clamp(min=1e-6)
    least = SMALLEST * wanted.mean().abs().clamp(min=1e-6)
    return (given.clamp(min=least).log() - wanted.clamp(min=least).log()).abs().mean()


def train_quantized(
    model: DepthModel,
    samples: Samples,
    config: QatConfig,
    *,
    size_hw: Size,
    spared: Collection[str] = (),
    on_progress: Callable[[str], None] = lambda line: None,
) -> QuantizationAware:
    """A copy of ``model`` trained in int8 arithmetic on images of ``samples`` at ``size_hw``; the model stays.

    ``spared``: modules that stay in float (``Int8Facts.kept`` of a plain int8 export).
    """
    seed_everything(config.seed)
    kept = held(samples, size_hw)
    step = max(1, len(kept) // CALIBRATION)
    images: Images = [sample.image[None] for sample in kept[::step]][:CALIBRATION]
    quantized = with_fake_quantization(model, images, spared=spared)
    on_progress(f"{len(fake_quantized_layers(quantized))} layers learn in int8, {len(spared)} stay in float")
    fitted = train_on(kept, Imitation(quantized, model), config)
    quantized.load_state_dict(fitted.model.state_dict())
    quantized.eval()
    for layer in fake_quantized_layers(quantized).values():
        layer.settle()
    facts = Int8Facts(images=len(images), kept=tuple(spared))
    return QuantizationAware(model=quantized.requires_grad_(False), facts=facts, loss=fitted.loss)
