"""Settings of the training loop: optimiser, schedule, device, precision, intervals. Imports no torch."""

from dataclasses import dataclass, field
from typing import Literal

from hondo.core.check_config import COUNT, DECAY, FRACTION, NOT_NEGATIVE, POSITIVE, check_config
from hondo.core.errors import HondoError

Precision = Literal["auto", "32-true", "bf16-mixed", "16-mixed"]  # auto: bf16-mixed where the device is fast at it


@dataclass(frozen=True, kw_only=True)
class OptimConfig:
    """Optimiser, schedule and length of a run, which ends at max_steps or max_seconds, whichever comes first."""

    name: Literal["adamw", "adam", "sgd", "muon"] = "adamw"  # muon: for matrices, adamw for the rest
    lr: float = 1e-4
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.01  # of tensors with two or more dimensions only
    # Of parameters under ".NAME." (AdaBins: encoder 0.1; one block: encoder.blocks.0); factors multiply.
    lr_factors: dict[str, float] = field(default_factory=dict)
    layer_decay: float = 1.0  # factor of the rate for each block of the encoder, counted from its last one
    schedule: Literal["constant", "cosine", "onecycle", "polynomial", "step"] = "cosine"
    warmup: float = 0.05  # fraction of the run
    step_at: float = 0.75  # "step": x 0.1 after this fraction (monodepth2: 15 of 20 epochs)
    max_steps: int = 1000  # optimiser steps
    max_seconds: float | None = None  # training time; the schedule follows the clock too
    accumulate: int = 1  # batches per optimiser step
    clip_norm: float | None = 1.0
    clip_value: float | None = None  # the thesis: 0.5
    ema_decay: float | None = None  # of the exported model's weights

    def __post_init__(self) -> None:
        limits = {
            "lr": POSITIVE,
            "betas": DECAY,
            "weight_decay": NOT_NEGATIVE,
            "lr_factors": NOT_NEGATIVE,
            "layer_decay": POSITIVE,
            "warmup": DECAY,  # a fraction of the run
            "step_at": FRACTION,
            "max_steps": COUNT,
            "max_seconds": POSITIVE,
            "accumulate": COUNT,
            "clip_norm": POSITIVE,
            "clip_value": POSITIVE,
            "ema_decay": DECAY,
        }
        check_config(self, name="optim", limits=limits)
        if self.clip_norm is not None and self.clip_value is not None:
            raise HondoError("give optim.clip_norm or optim.clip_value, not both (set the other to None)")


@dataclass(frozen=True, kw_only=True)
class FabricConfig:
    """Device, processes and precision, in the terms of Lightning Fabric."""

    accelerator: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    devices: int = 1
    strategy: str = "auto"  # "ddp" with several devices
    precision: Precision = "32-true"
    channels_last: bool = False
    compile: bool = False

    def __post_init__(self) -> None:
        check_config(self, name="fabric", limits={"devices": COUNT})


@dataclass(frozen=True, kw_only=True)
class LoopConfig:
    """Intervals of logging, validation and checkpoints, in optimiser steps unless the name says seconds."""

    log_every: int = 20
    checkpoint_every: int = 1000
    checkpoint_seconds: float = 300.0  # also after this time
    validate_every: int = 1000
    picture_every: int = 0  # 0: no sample images
    best_by: str = "abs_rel"  # of the validation; lower is better
    # A run that learns from views alone ends with the model it began with (checkpoints/best), unless its photometric
    # error on the frames held back has fallen.
    keep_start: bool = True
    show_progress: bool = True
    log: tuple[str, ...] = ()  # beside metrics.jsonl: tensorboard, wandb, mlflow

    def __post_init__(self) -> None:
        limits = {
            "log_every": COUNT,
            "checkpoint_every": COUNT,
            "checkpoint_seconds": POSITIVE,
            "validate_every": COUNT,
            "picture_every": NOT_NEGATIVE,
        }
        check_config(self, name="loop", limits=limits)
