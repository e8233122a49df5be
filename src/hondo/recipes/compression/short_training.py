"""Short trainings on samples in memory: what learning from a teacher and learning in int8 have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hondo.core.check_config import COUNT, POSITIVE, Limits
from hondo.core.sample import Sample, Samples
from hondo.core.types import Size
from hondo.data.augment.augment import augment
from hondo.data.augment.augment_config import AugmentConfig
from hondo.data.loading.batches import ShuffledBatches
from hondo.data.loading.collate import collate
from hondo.data.loading.fit_sample import fit_sample
from hondo.engines.quantization.calibration import evenly
from hondo.train.loop.loop import Fitted, fit
from hondo.train.loop.loop_config import LoopConfig, OptimConfig
from hondo.train.objectives.objective import Objective

MOST = 400  # samples that are held in memory
LOOK = AugmentConfig(flip=0.5, jitter=0.5)
LIMITS: Mapping[str, Limits] = {"steps": COUNT, "seconds": POSITIVE, "lr": POSITIVE, "batch_size": COUNT}


@dataclass(frozen=True, kw_only=True)
class ShortTraining:
    """How long and how fast; it ends at ``steps`` or ``seconds``, whichever comes first."""

    steps: int
    seconds: float | None = None
    lr: float
    batch_size: int = 4
    seed: int = 0


def held(samples: Samples, size_hw: Size) -> Sequence[Sample]:
    """At most MOST of the samples, evenly spread, at one size."""
    return [fit_sample(samples[index], size_hw) for index in evenly(len(samples), count=MOST)]


def train_on(
    samples: Sequence[Sample], objective: Objective, config: ShortTraining, *, folder: Path | None = None
) -> Fitted:
    """Minimises ``objective`` on ``samples``. ``folder``: of a run that continues there if it was stopped."""
    batches = ShuffledBatches(
        samples, batch_size=min(config.batch_size, len(samples)), collate=collate,
        augment=partial(augment, config=LOOK), seed=config.seed, workers=1,
    )  # fmt: skip
    optim = OptimConfig(lr=config.lr, max_steps=config.steps, max_seconds=config.seconds, weight_decay=0.0)
    loop = LoopConfig(show_progress=False, log_every=max(1, config.steps // 20), checkpoint_seconds=60.0)
    resume = folder is not None and (folder / "checkpoints").is_dir()
    return fit(objective, batches, optim=optim, loop=loop, folder=folder, resume=resume)
