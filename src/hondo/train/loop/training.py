"""One optimiser step on any device: forward, backward, clipping, the check for NaN, and the averaged weights."""

import copy
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from hondo.core.errors import HondoError, reason_of
from hondo.core.sample import Batch
from hondo.nn.blocks.weight_gradient import FastWeightGradients
from hondo.train.loop.loop_config import FabricConfig, OptimConfig
from hondo.train.loop.optim import make_optimizer, set_lr
from hondo.train.objectives.objective import Losses, Objective

if TYPE_CHECKING:
    from lightning.fabric import Fabric


class Training:
    """Objective, optimiser and averaged weights on their device; ``state_dict`` holds all of them."""

    def __init__(
        self, objective: Objective, optim: OptimConfig, *, fabric: "Fabric", setup: FabricConfig, advice: str
    ) -> None:
        assert isinstance(objective, nn.Module)
        self.optim, self.fabric = optim, fabric
        self.objective: Any = objective.to(fabric.device).train()
        if setup.channels_last:
            self.objective.to(memory_format=torch.channels_last)
        self.advance: Callable[..., None] | None = getattr(self.objective, "advance", None)
        self.ema = Ema(self.objective.model, decay=optim.ema_decay)
        if setup.compile:
            self.objective.model.compile()
        self.convolutions = nullcontext() if setup.compile else FastWeightGradients()
        self.may_overflow = fabric.strategy.precision.precision == "16-mixed"  # its gradient scaler skips such steps
        optimizer = make_optimizer(self.objective, optim, fused=not self.may_overflow)
        self.module, self.optimizer = fabric.setup(_WrappedObjective(self.objective), optimizer)
        self.finite = FiniteCheck(agree=self.largest, advice=advice)
        self.lr = 0.0
        self.norm: Float[Tensor, ""] | None = None  # of the last gradient before clipping
        self.images = 0

    def step(self, batches: Iterator[Batch], *, step: int, progress: float) -> Losses:
        """One optimiser step on the next ``accumulate`` batches; returns the mean loss and its mean parts."""
        self.lr = set_lr(self.optimizer, self.optim, progress=progress)
        if self.advance is not None:
            self.advance(progress=progress, step=step)
        count = self.optim.accumulate
        loss, parts = self._backward(next(batches), is_last=count == 1)
        for number in range(1, count):
            more, more_parts = self._backward(next(batches), is_last=number == count - 1)
            loss = loss + more
            parts = {name: value + more_parts[name] for name, value in parts.items()}
        self.norm = norm = self._clip_gradients()
        numbers = [loss] if norm is None or self.may_overflow else [loss, norm]
        self.finite.observe(torch.stack(numbers), step=step)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.ema.update()
        return loss, parts

    def _backward(self, batch: Batch, *, is_last: bool) -> Losses:
        """Adds the gradients of one batch; processes exchange them only after the last one of a step."""
        batch = to_device(batch, self.fabric.device)
        self.images += len(batch.image) * self.fabric.world_size
        exchange = is_last or self.fabric.world_size == 1
        with self.convolutions, nullcontext() if exchange else self.fabric.no_backward_sync(self.module):
            loss, parts = self.module(_WrappedBatch(batch))
            weight = 1 / self.optim.accumulate
            self.fabric.backward(loss * weight)
        return loss.detach() * weight, {name: value * weight for name, value in parts.items()}

    def rates(self) -> dict[str, float]:
        """The learning rate (of groups with another factor too), and the gradient's norm where it is known."""
        groups = {group["lr_factor"]: group["lr"] for group in self.optimizer.param_groups}
        others = {f"lr_x{factor:g}": lr for factor, lr in groups.items() if factor != 1}
        norm = {} if self.norm is None or not self.norm.isfinite() else {"grad_norm": float(self.norm)}
        return {"lr": self.lr} | others | norm

    def _clip_gradients(self) -> Float[Tensor, ""] | None:
        """Clips as configured; returns the gradient norm before clipping, unless a loss scale hides it."""
        if self.optim.clip_norm is None:
            gradients = [each.grad for each in self.objective.parameters() if each.grad is not None]
            norm = None if self.may_overflow else nn.utils.get_total_norm(gradients)
            if self.optim.clip_value is not None:
                self.fabric.clip_gradients(self.module, self.optimizer, clip_val=self.optim.clip_value)
            return norm
        return self.fabric.clip_gradients(
            self.module, self.optimizer, max_norm=self.optim.clip_norm, error_if_nonfinite=False
        )

    def largest(self, value: float) -> float:
        """The maximum of a number over all processes."""
        if self.fabric.world_size == 1:
            return value
        values = self.fabric.all_gather(torch.tensor(value, device=self.fabric.device))
        assert isinstance(values, Tensor)
        return values.max().item()

    def gathered(self, value: Any) -> list[Any]:
        """What every process has as ``value``, in the order of their ranks."""
        values = [value] * self.fabric.world_size
        if len(values) > 1:
            torch.distributed.all_gather_object(values, value)
        return values

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next step depends on, except the batches and the random generators."""
        return {
            "objective": self.objective.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "ema": self.ema.state_dict(),
            "precision": self.fabric.strategy.precision.state_dict(),
            "images": self.images,
            "factor": getattr(self.objective.model, "factor", 1.0),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of ``state_dict``; a state of another model, objective or optimiser is refused."""
        try:
            self.objective.load_state_dict(state["objective"])
            self.optimizer.load_state_dict(state["optimizer"])
        except (RuntimeError, ValueError, KeyError) as error:
            raise HondoError(
                "the stored state is of another model, objective or optimiser than this run's; resume with the run's "
                f"own recipe, or start a new run with its folder as model.name ({reason_of(error)[:120]})",
                field="resume",
            ) from error
        self.ema.load_state_dict(state["ema"])
        self.fabric.strategy.precision.load_state_dict(state["precision"])
        self.images = state["images"]
        for model in (self.objective.model, self.ema.model):
            model.factor = state.get("factor", 1.0)


class _WrappedBatch:
    """Hides a batch from Fabric, which would rebuild a dataclass field by field and cannot rebuild a frozen one."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch


class _WrappedObjective(nn.Module):
    """The objective as Fabric's wrappers call it."""

    def __init__(self, objective: nn.Module) -> None:
        super().__init__()
        self.objective = objective

    def forward(self, wrapped: _WrappedBatch) -> Losses:
        return self.objective(wrapped.batch)


def to_device(batch: Batch, device: torch.device) -> Batch:
    """The batch with its tensors on ``device``; the same object if they are there."""
    if batch.image.device == device:
        return batch
    values = {field.name: getattr(batch, field.name) for field in fields(batch)}
    moved = {name: value.to(device, non_blocking=True) for name, value in values.items() if isinstance(value, Tensor)}
    return replace(batch, **moved)


class NotFiniteError(HondoError):
    """Training diverged; the last checkpoint was written before."""


class FiniteCheck:
    """Raises when a loss or a gradient norm is not finite, without making a GPU wait for the check.

    On the CPU it raises at once. On a GPU it raises at the next call, when the copy of the value has arrived.
    ``agree`` returns the maximum of a number over all processes, so that all of them stop.
    """

    def __init__(self, *, agree: Callable[[float], float], advice: str) -> None:
        self._agree, self._advice = agree, advice
        self._pending: tuple[Tensor, torch.cuda.Event | None, int] | None = None

    def observe(self, values: Float[Tensor, " n"], *, step: int) -> None:
        """Takes the numbers of this step: the loss, and the gradient norm where it is known."""
        self.settle()
        event = None
        if values.is_cuda:
            values = values.to("cpu", non_blocking=True)
            event = torch.cuda.Event()
            event.record()
        self._pending = values, event, step
        if event is None:
            self.settle()

    def settle(self) -> None:
        """Raises if the numbers observed last are not finite. Call it before anything is saved."""
        if self._pending is None:
            return
        values, event, step = self._pending
        self._pending = None
        if event is not None:
            event.synchronize()
        if self._agree(float(not values.isfinite().all())) > 0:
            numbers = ", ".join(f"{value:g}" for value in values.tolist())
            raise NotFiniteError(
                f"training stopped: loss or gradient is not finite at step {step} ({numbers}); {self._advice}"
            )


class Ema:
    """The exponential moving average of a model's weights, which is validated and exported.

    ``model`` holds the average of every floating-point tensor; with ``decay`` None it is the trained model itself.
    The decay grows as (1 + n) / (10 + n) up to ``decay``, so that the initial weights are soon forgotten.
    """

    def __init__(self, model: nn.Module, *, decay: float | None) -> None:
        self.decay = decay
        self.num_updates = 0
        self.model = model if decay is None else copy.deepcopy(model).requires_grad_(False).eval()
        self._source, self._source_other = _floats_and_others(model)
        self._average, self._other = _floats_and_others(self.model)

    @torch.no_grad()
    def update(self) -> None:
        """Moves the average towards the trained weights; counters are copied."""
        if self.decay is None:
            return
        self.num_updates += 1
        decay = min(self.decay, (1 + self.num_updates) / (10 + self.num_updates))
        torch._foreach_lerp_(self._average, self._source, 1 - decay)
        for average, source in zip(self._other, self._source_other, strict=True):
            average.copy_(source)

    def state_dict(self) -> dict[str, Any]:
        """The average and the number of updates; empty without ``decay``."""
        return {} if self.decay is None else {"num_updates": self.num_updates, "model": self.model.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of ``state_dict``."""
        if self.decay is not None:
            self.num_updates = state["num_updates"]
            self.model.load_state_dict(state["model"])


def _floats_and_others(model: nn.Module) -> tuple[list[Float[Tensor, "..."]], list[Shaped[Tensor, "..."]]]:
    tensors = list(model.state_dict().values())
    floats = [tensor for tensor in tensors if tensor.is_floating_point()]
    return floats, [tensor for tensor in tensors if not tensor.is_floating_point()]
