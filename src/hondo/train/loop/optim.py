"""The optimiser and its learning rate as a function of progress."""

import math
from typing import Any

import torch
from torch import nn

from hondo.train.loop.loop_config import OptimConfig
from hondo.train.loop.muon import Muon, is_matrix

ONECYCLE_START = 1 / 25  # of the peak rate (Smith & Topin; torch's default)
ONECYCLE_END = ONECYCLE_START * 1e-4
ONECYCLE_PEAK = 0.3  # fraction of the run at which the peak is reached


def make_optimizer(module: nn.Module, config: OptimConfig, *, fused: bool = False) -> torch.optim.Optimizer:
    """Biases and norms do not decay; ``lr_factors`` apply to whole modules. ``lr_factor`` marks a group."""
    groups: dict[tuple[float, float, bool], list[nn.Parameter]] = {}
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            factor = _lr_factor(name, config)
            decay = config.weight_decay if parameter.ndim > 1 else 0.0
            rule = config.name == "muon" and is_matrix(parameter)
            groups.setdefault((factor, decay, rule), []).append(parameter)
    made: list[dict[str, Any]] = [
        {"params": parameters, "lr": config.lr * factor, "lr_factor": factor, "weight_decay": decay}
        | ({"is_matrix": True} if rule else {})
        for (factor, decay, rule), parameters in groups.items()
    ]
    if config.name == "muon":
        return Muon(made, lr=config.lr, betas=config.betas)
    if config.name == "sgd":
        return torch.optim.SGD(made, lr=config.lr, momentum=config.betas[0], fused=fused)
    kind = torch.optim.AdamW if config.name == "adamw" else torch.optim.Adam
    return kind(made, lr=config.lr, betas=config.betas, fused=fused)


def _lr_factor(name: str, config: OptimConfig) -> float:
    """The product of the factors of every module that the parameter lies in."""
    return math.prod(config.lr_factors.get(part, 1.0) for part in name.split(".")[:-1])


def set_lr(optimizer: torch.optim.Optimizer, config: OptimConfig, *, progress: float) -> float:
    """Sets every group's rate for ``progress`` in 0..1 of the run; returns the rate of a group with factor 1."""
    lr = config.lr * lr_scale(config, progress)
    for group in optimizer.param_groups:
        group["lr"] = lr * group["lr_factor"]
    return lr


def lr_scale(config: OptimConfig, progress: float) -> float:
    """The rate relative to ``config.lr`` after the fraction ``progress`` of the run."""
    progress = min(max(progress, 0.0), 1.0)
    if config.schedule == "onecycle":
        return _onecycle(progress)
    if progress < config.warmup:
        return max(progress / config.warmup, 1e-3)
    rest = (progress - config.warmup) / (1 - config.warmup)
    if config.schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * rest))
    return 0.1 if config.schedule == "step" and progress >= config.step_at else 1.0


def _onecycle(progress: float) -> float:
    """Cosine up from 1/25 to 1 over the first 30 %, cosine down to 4e-6 over the rest."""
    if progress < ONECYCLE_PEAK:
        return _cosine_between(ONECYCLE_START, 1.0, progress / ONECYCLE_PEAK)
    return _cosine_between(1.0, ONECYCLE_END, (progress - ONECYCLE_PEAK) / (1 - ONECYCLE_PEAK))


def _cosine_between(start: float, end: float, fraction: float) -> float:
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * fraction))
