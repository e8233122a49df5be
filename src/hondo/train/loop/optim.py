"""The optimiser of a run, and its learning rate as a function of progress."""

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

from hondo.core.errors import HondoError
from hondo.train.loop.loop_config import OptimConfig

ONECYCLE_START = 1 / 25  # of the peak rate (Smith & Topin; torch's default)
ONECYCLE_END = ONECYCLE_START * 1e-4
ONECYCLE_PEAK = 0.3  # fraction of the run at which the peak is reached
POLYNOMIAL_POWER = 0.9  # of what is left of the run (BTS)
BLOCK = re.compile(r"\.encoder\.(?:.*\.)?(?:blocks|layers|stages|layer)[._]?(\d+)\.")
SMALLEST_SIDE = 16  # of a weight that Muon steps as a matrix


def make_optimizer(module: nn.Module, config: OptimConfig, *, fused: bool = False) -> torch.optim.Optimizer:
    """An optimiser whose groups state ``lr_factor``; biases and norms have no weight decay."""
    groups: dict[tuple[float, float, bool], list[nn.Parameter]] = {}
    parameters = dict(module.named_parameters())
    layers = layer_factors(parameters, config.layer_decay)
    for name, parameter in parameters.items():
        if parameter.requires_grad:
            factor = _lr_factor(name, config) * layers[name]
            decay = config.weight_decay if parameter.ndim > 1 else 0.0
            by_muon = config.name == "muon" and is_matrix(parameter)
            groups.setdefault((factor, decay, by_muon), []).append(parameter)
    made: list[dict[str, Any]] = [
        {"params": parameters, "lr": config.lr * factor, "lr_factor": factor, "weight_decay": decay}
        | ({"by_muon": True} if by_muon else {})
        for (factor, decay, by_muon), parameters in groups.items()
    ]
    if config.name == "muon":
        return MuonAndAdamW(made, lr=config.lr, betas=config.betas)
    if config.name == "sgd":
        return torch.optim.SGD(made, lr=config.lr, momentum=config.betas[0], fused=fused)
    kind = torch.optim.AdamW if config.name == "adamw" else torch.optim.Adam
    return kind(made, lr=config.lr, betas=config.betas, fused=fused)


def _lr_factor(name: str, config: OptimConfig) -> float:
    """The product of ``lr_factors`` over the modules that contain the parameter."""
    modules = f".{name.rpartition('.')[0]}."
    return math.prod(factor for part, factor in config.lr_factors.items() if f".{part}." in modules)


def layer_factors(names: Iterable[str], decay: float) -> dict[str, float]:
    """``decay`` to the power of the number of blocks that follow in the encoder; what lies before its first block
    (embeddings, a stem) counts as one block more. 1 for everything else."""
    found = {name: BLOCK.search(f".{name}") for name in names}
    blocks = [int(match[1]) for match in found.values() if match]
    factors, has_begun = dict.fromkeys(found, 1.0), False
    for name, match in found.items():
        has_begun = has_begun or match is not None
        if match is not None:
            factors[name] = decay ** (max(blocks) - int(match[1]))
        elif blocks and not has_begun and ".encoder." in f".{name}":
            factors[name] = decay ** (max(blocks) + 1)
    return factors


def is_matrix(parameter: nn.Parameter) -> bool:
    """Whether Muon steps a weight: one that mixes many channels, not a bias, norm, depthwise convolution or head."""
    return parameter.ndim > 1 and min(parameter.flatten(1).shape) >= SMALLEST_SIDE


class MuonAndAdamW(torch.optim.Optimizer):
    """``torch.optim.Muon`` for the groups with ``by_muon``, AdamW for all others.

    Muon takes matrices only: a kernel (o i h w) is stepped as the matrix (o, i h w). Its updates are scaled to the
    size of AdamW's (Liu et al. 2025), so that learning rate and weight decay mean the same in both.
    """

    def __init__(self, groups: Iterable[dict[str, Any]], *, lr: float, betas: tuple[float, float]) -> None:
        super().__init__(groups, {"lr": lr, "weight_decay": 0.0, "by_muon": False})
        kernels = [group for group in self.param_groups if group["by_muon"]]
        others = [group for group in self.param_groups if not group["by_muon"]]
        matrices = [{"params": [nn.Parameter(kernel.detach().flatten(1)) for kernel in g["params"]]} for g in kernels]
        self.parts: dict[str, torch.optim.Optimizer] = {}
        if kernels:
            self.parts["muon"] = torch.optim.Muon(matrices, lr=lr, adjust_lr_fn="match_rms_adamw")
        if others:
            self.parts["adamw"] = torch.optim.AdamW([{"params": g["params"]} for g in others], lr=lr, betas=betas)
        inner = [group for part in self.parts.values() for group in part.param_groups]
        self._pairs = list(zip([*kernels, *others], inner, strict=True))

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Steps both optimisers with the learning rates and weight decays of this one's groups."""
        assert closure is None
        for group, inner in self._pairs:
            inner["lr"], inner["weight_decay"] = group["lr"], group["weight_decay"]
            if group["by_muon"]:
                for kernel, matrix in zip(group["params"], inner["params"], strict=True):
                    matrix.copy_(kernel.flatten(1))
                    matrix.grad = None if kernel.grad is None else kernel.grad.flatten(1)
        for part in self.parts.values():
            part.step()
        for group, inner in self._pairs:
            if group["by_muon"]:
                for kernel, matrix in zip(group["params"], inner["params"], strict=True):
                    kernel.copy_(matrix.view(kernel.shape))

    def state_dict(self) -> dict[str, Any]:
        """The states of both optimisers."""
        return {name: part.state_dict() for name, part in self.parts.items()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """The inverse of ``state_dict``."""
        if state_dict.keys() != self.parts.keys():
            raise HondoError(
                "this run was started with the Muon of an earlier hondo, whose optimiser state cannot be resumed; "
                "start a new run with its run folder as model.name"
            )
        for name, part in self.parts.items():
            part.load_state_dict(state_dict[name])


def set_lr(optimizer: torch.optim.Optimizer, config: OptimConfig, *, progress: float) -> float:
    """Sets the rate of every group for ``progress`` (0..1) of the run; returns the rate of a group with factor 1."""
    lr = config.lr * lr_scale(config, progress)
    for group in optimizer.param_groups:
        group["lr"] = lr * group["lr_factor"]
    return lr


def lr_scale(config: OptimConfig, progress: float) -> float:
    """The learning rate relative to ``config.lr`` after the fraction ``progress`` of the run."""
    progress = min(max(progress, 0.0), 1.0)
    if config.schedule == "onecycle":
        return _onecycle(progress)
    if progress < config.warmup:
        return max(progress / config.warmup, 1e-3)
    rest = (progress - config.warmup) / (1 - config.warmup)
    if config.schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * rest))
    if config.schedule == "polynomial":
        return (1 - rest) ** POLYNOMIAL_POWER
    return 0.1 if config.schedule == "step" and progress >= config.step_at else 1.0


def _onecycle(progress: float) -> float:
    """Cosine up from 1/25 to 1 over the first 30 %, cosine down to 4e-6 over the rest."""
    if progress < ONECYCLE_PEAK:
        return _cosine_between(ONECYCLE_START, 1.0, progress / ONECYCLE_PEAK)
    return _cosine_between(1.0, ONECYCLE_END, (progress - ONECYCLE_PEAK) / (1 - ONECYCLE_PEAK))


def _cosine_between(start: float, end: float, fraction: float) -> float:
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * fraction))
