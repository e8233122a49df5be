"""Muon: momentum whose steps are made orthogonal, for weight matrices; AdamW for everything else."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # a x + b x^3 + c x^5, Jordan et al. 2024
ITERATIONS = 5
SMALLEST_SIDE = 16  # of a matrix
RMS = 0.2  # of an update's entries, as AdamW's usually have (Liu et al. 2025, "Muon is scalable for LLM training")


class Muon(torch.optim.Optimizer):
    """Groups say with ``is_matrix`` which rule they follow; learning rate and weight decay mean the same in both."""

    def __init__(self, groups: Iterable[dict[str, Any]], *, lr: float, betas: tuple[float, float]) -> None:
        super().__init__(groups, {"lr": lr, "betas": betas, "weight_decay": 0.0, "is_matrix": False, "eps": 1e-8})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            rule = self._orthogonal if group["is_matrix"] else self._adam
            for weight in group["params"]:
                if weight.grad is not None:
                    weight.mul_(1 - group["lr"] * group["weight_decay"])
                    weight.add_(rule(weight.grad, self.state[weight], group), alpha=-group["lr"])
        return loss

    def _orthogonal(self, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Tensor:
        """Nesterov's momentum of 0.95, made orthogonal."""
        if not state:
            state["momentum"] = torch.zeros_like(gradient)
        momentum = state["momentum"].lerp_(gradient, 0.05)
        matrix = gradient.lerp(momentum, 0.95).flatten(1)
        scale = RMS * max(matrix.shape) ** 0.5
        return (scale * orthogonalised(matrix)).view_as(gradient)

    def _adam(self, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Tensor:
        """Adam's step (Kingma & Ba 2015)."""
        if not state:
            state |= {"count": torch.zeros(()), "first": torch.zeros_like(gradient)}
            state["second"] = torch.zeros_like(gradient)
        (beta1, beta2), count = group["betas"], float(state["count"].add_(1))
        first, second = state["first"].lerp_(gradient, 1 - beta1), state["second"].lerp_(gradient**2, 1 - beta2)
        unbiased = (second / (1 - beta2**count)).sqrt_().add_(group["eps"])
        return first / (1 - beta1**count) / unbiased


def orthogonalised(matrix: Float[Tensor, "m n"]) -> Float[Tensor, "m n"]:
    """U V^T of the singular value decomposition, roughly: singular values come to lie near 1, in 0.7 to 1.2."""
    a, b, c = NEWTON_SCHULZ
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = (x / x.norm().clamp(min=1e-12)).bfloat16()
    for _ in range(ITERATIONS):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    x = x.to(matrix.dtype)
    return x.T if matrix.shape[0] > matrix.shape[1] else x


def is_matrix(parameter: nn.Parameter) -> bool:
    """A layer that mixes channels: no bias, norm, depthwise convolution or head of few outputs."""
    return parameter.ndim > 1 and min(parameter.flatten(1).shape) >= SMALLEST_SIDE
