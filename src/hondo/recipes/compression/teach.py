"""A changed model learns from the model as it was, on samples in memory; labels count too where they are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hondo.core.check_config import COUNT, NOT_NEGATIVE, POSITIVE, check_config
from hondo.core.sample import Sample, Samples
from hondo.core.types import DepthKind, Size
from hondo.data.augment.augment import augment
from hondo.data.augment.augment_config import AugmentConfig
from hondo.data.loading.batches import ShuffledBatches
from hondo.data.loading.collate import collate
from hondo.data.loading.fit_sample import fit_sample
from hondo.engines.quantization.calibration import evenly
from hondo.models.base.depth_model import DepthModel
from hondo.recipes.compression.recover import RELATIVE_TERMS, SCALED_TERMS
from hondo.train.loop.checkpoint import seed_everything
from hondo.train.loop.loop import fit
from hondo.train.loop.loop_config import LoopConfig, OptimConfig
from hondo.train.objectives.distilled import Distilled
from hondo.train.objectives.objective_config import DistillationConfig
from hondo.train.objectives.teachers import Teachers

MOST = 400  # samples that are held in memory
LABELS = {"scale_invariant": 1.0}
LOOK = AugmentConfig(flip=0.5, jitter=0.5)


@dataclass(frozen=True, kw_only=True)
class TeachConfig:
    """How long and how fast; it ends at ``steps`` or ``seconds``, whichever comes first."""

    steps: int = 500
    seconds: float | None = None
    lr: float = 3e-4
    batch_size: int = 4
    labels: float = 1.0  # weight of the labels where samples have some
    freeze_norm: bool = False  # keep batch-norm statistics: for a model whose channels are as they were
    flip: bool = True  # the teacher also sees the mirrored image
    seed: int = 0

    def __post_init__(self) -> None:
        limits = {"steps": COUNT, "seconds": POSITIVE, "lr": POSITIVE, "batch_size": COUNT, "labels": NOT_NEGATIVE}
        check_config(self, name="distil", limits=limits)


def teach(
    model: DepthModel,
    teacher: DepthModel,
    samples: Samples,
    config: TeachConfig,
    *,
    size_hw: Size,
    teacher_size_hw: Size | None = None,
    folder: Path | None = None,
) -> float:
    """Trains ``model`` in place at ``size_hw``; returns the last loss. The teacher sees images at its own size.

    ``folder``: of a run that continues there if it was stopped.
    """
    seed_everything(config.seed)
    kept = held(samples, size_hw)
    terms = dict(RELATIVE_TERMS if DepthKind.RELATIVE_INVERSE_DEPTH in (model.kind, teacher.kind) else SCALED_TERMS)
    if config.labels and all(sample.depth_gt is not None for sample in kept):
        terms |= {name: weight * config.labels for name, weight in LABELS.items()}
    objective = Distilled(
        model.requires_grad_(True),
        Teachers([teacher], flip=config.flip, size_hw=teacher_size_hw or teacher.input_spec.size_hw),
        DistillationConfig(terms=terms, freeze_norm=config.freeze_norm),
    )
    batches = ShuffledBatches(
        kept, batch_size=min(config.batch_size, len(kept)), collate=collate, augment=partial(augment, config=LOOK),
        seed=config.seed, workers=1,
    )  # fmt: skip
    optim = OptimConfig(lr=config.lr, max_steps=config.steps, max_seconds=config.seconds, weight_decay=0.0)
    loop = LoopConfig(show_progress=False, log_every=max(1, config.steps // 20), checkpoint_seconds=60.0)
    resume = folder is not None and (folder / "checkpoints").is_dir()
    fitted = fit(objective, batches, optim=optim, loop=loop, folder=folder, resume=resume)
    model.load_state_dict(fitted.model.state_dict())
    model.eval()
    return fitted.loss


def held(samples: Samples, size_hw: Size) -> Sequence[Sample]:
    """At most MOST of the samples, evenly spread, at one size."""
    return [fit_sample(samples[index], size_hw) for index in evenly(len(samples), count=MOST)]
