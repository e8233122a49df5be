"""A changed model learns from the model as it was, on samples in memory; labels count too where they are known."""

from dataclasses import dataclass
from pathlib import Path

from hondo.core.check_config import NOT_NEGATIVE, check_config
from hondo.core.sample import Samples
from hondo.core.types import DepthKind, Size
from hondo.models.base.depth_model import DepthModel
from hondo.recipes.compression.recover import RELATIVE_TERMS, SCALED_TERMS
from hondo.recipes.compression.short_training import LIMITS, ShortTraining, held, train_on
from hondo.train.loop.checkpoint import seed_everything
from hondo.train.objectives.distilled import Distilled
from hondo.train.objectives.objective_config import DistillationConfig
from hondo.train.objectives.teachers import Teachers

LABELS = {"scale_invariant": 1.0}


@dataclass(frozen=True, kw_only=True)
class TeachConfig(ShortTraining):
    """A short training by a teacher's maps, and labels."""

    steps: int = 500
    lr: float = 3e-4
    labels: float = 1.0  # weight of the labels where samples have some
    freeze_norm: bool = False  # keep batch-norm statistics: for a model whose channels are as they were
    flip: bool = True  # the teacher also sees the mirrored image

    def __post_init__(self) -> None:
        check_config(self, name="distil", limits={**LIMITS, "labels": NOT_NEGATIVE})


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
    fitted = train_on(kept, objective, config, folder=folder)
    model.load_state_dict(fitted.model.state_dict())
    model.eval()
    return fitted.loss
