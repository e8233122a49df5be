"""What to minimise, as numbers. Imports no torch."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class SupervisedConfig:
    """Weights of the loss terms (names of losses/terms.py) against known depth."""

    terms: dict[str, float] = field(default_factory=lambda: {"scale_invariant": 1.0})
    scale_decay: float = 0.5  # a model's coarser maps weigh this much less each
    freeze_norm: bool = False  # batch-norm statistics stay as they are
