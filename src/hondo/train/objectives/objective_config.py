"""What to minimise, as numbers. Imports no torch."""

from dataclasses import dataclass, field
from typing import Literal

from hondo.core.errors import HondoError


@dataclass(frozen=True, kw_only=True)
class SupervisedConfig:
    """Weights of the loss terms (names of losses/terms.py) against known depth."""

    terms: dict[str, float] = field(default_factory=lambda: {"scale_invariant": 1.0})
    scale_decay: float = 0.5  # a model's coarser maps weigh this much less each
    freeze_norm: bool = False  # batch-norm statistics stay as they are


@dataclass(frozen=True, kw_only=True)
class SelfSupervisedConfig:
    """Learning from how neighbouring views explain each other (monodepth2's numbers)."""

    # A network of its own; shared: on the depth network's encoder; as the data states it; or seen before training by
    # two-view geometry and the model's own depth (needs a clip). Stereo views always have a known pose.
    pose: Literal["network", "shared", "known", "two-view"] = "network"
    pose_model: str = "nano-pose"  # of the zoo, where it is a network of its own
    pose_scale: float = 1.0  # size of the pose network's images relative to the target's
    ssim_weight: float = 0.85
    smoothness: float = 1e-3  # halved with every coarser map
    auto_mask: bool = True  # pixels that the unmoved source explains better do not count
    tie_noise: float = 1e-5  # breaks ties of the auto-mask
    mask_outside: bool = False  # pixels that the source does not show do not count (monodepth2 repeats its border)
    anchor: float = 0.0  # weight of staying near the first weights' predictions, up to scale
    freeze_norm: bool = False  # batch-norm statistics stay as they are

    def __post_init__(self) -> None:
        if not 0 < self.pose_scale <= 1:
            raise HondoError(f"objective.pose_scale must lie in (0, 1]; got {self.pose_scale:g}")
