"""Stops training when the loss or a gradient is no longer finite, without making a GPU wait."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.core.sample import Batch
from hondo.data.loading.batches import to_device
from hondo.train.loop.ema import Ema
from hondo.train.loop.loop_config import FabricConfig, OptimConfig
from hondo.train.loop.optim import make_optimizer, set_lr
from hondo.train.objectives.objective import Objective

if TYPE_CHECKING:
    from lightning.fabric import Fabric


class NotFiniteError(HondoError):
    """Training diverged; the last checkpoint is from before."""


class FiniteCheck:
    """On the CPU a bad value raises at once; on a GPU at the next look, when its copy has long arrived.

    ``agree`` takes the largest of a number over all processes, so that all of them stop.
    """

    def __init__(self, *, agree: Callable[[float], float], advice: str) -> None:
        self._agree, self._advice = agree, advice
        self._pending: tuple[Tensor, torch.cuda.Event | None, int] | None = None

    def observe(self, values: Tensor, *, step: int) -> None:
        """Notes the numbers (n) of this step: the loss, and the gradient's norm where it is known."""
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
        """Raises if the numbers noted last are not finite. To be called before anything is saved."""
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


Parts = dict[str, Tensor]


class Training:
    """Objective, optimiser and average on their device; ``state_dict`` holds all of them."""

    def __init__(
        self, objective: Objective, optim: OptimConfig, *, fabric: "Fabric", setup: FabricConfig, advice: str
    ) -> None:
        self.optim, self.fabric = optim, fabric
        module = _placed(objective, fabric.device, channels_last=setup.channels_last)
        self.objective = module
        self.ema = Ema(module.model, decay=optim.ema_decay)
        if setup.compile:
            module.model.compile()
        self.may_overflow = fabric.strategy.precision.precision == "16-mixed"  # its scaler skips such steps
        optimizer = make_optimizer(module, optim, fused=not self.may_overflow)
        self.module, self.optimizer = fabric.setup(_Veiled(module), optimizer)
        self.finite = FiniteCheck(agree=self.largest, advice=advice)
        self.lr = 0.0
        self.images = 0

    def optimise(self, stream: Iterator[Batch], *, step: int, progress: float) -> tuple[Float[Tensor, ""], Parts]:
        """One optimiser step on the next ``accumulate`` batches; returns the mean loss and its mean parts."""
        self.lr = set_lr(self.optimizer, self.optim, progress=progress)
        share = 1 / self.optim.accumulate
        loss, parts = self._backward(next(stream), share, is_last=self.optim.accumulate == 1)
        for number in range(1, self.optim.accumulate):
            more, more_parts = self._backward(next(stream), share, is_last=number == self.optim.accumulate - 1)
            loss = loss + more
            parts = {name: value + more_parts[name] for name, value in parts.items()}
        self._check(loss, self._clip(), step=step)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.ema.update()
        return loss, parts

    def largest(self, value: float) -> float:
        """The largest of a number over all processes."""
        if self.fabric.world_size == 1:
            return value
        values = self.fabric.all_gather(torch.tensor(value, device=self.fabric.device))
        assert isinstance(values, Tensor)
        return values.max().item()

    def state_dict(self) -> dict[str, Any]:
        return {
            "objective": self.objective.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "ema": self.ema.state_dict(),
            "precision": self.fabric.strategy.precision.state_dict(),
            "images": self.images,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.objective.load_state_dict(state["objective"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.ema.load_state_dict(state["ema"])
        self.fabric.strategy.precision.load_state_dict(state["precision"])
        self.images = state["images"]

    def _backward(self, batch: Batch, share: float, *, is_last: bool) -> tuple[Float[Tensor, ""], Parts]:
        batch = to_device(batch, self.fabric.device)
        self.images += len(batch.image) * self.fabric.world_size
        if is_last or self.fabric.world_size == 1:
            return self._run(batch, share)
        with self.fabric.no_backward_sync(self.module):
            return self._run(batch, share)

    def _run(self, batch: Batch, share: float) -> tuple[Float[Tensor, ""], Parts]:
        loss, parts = self.module(_Veil(batch))
        self.fabric.backward(loss * share)
        return loss.detach() * share, {name: value * share for name, value in parts.items()}

    def _clip(self) -> Tensor | None:
        """Clips; returns the norm before, where clipping is by norm."""
        if self.optim.clip_value is not None:
            self.fabric.clip_gradients(self.module, self.optimizer, clip_val=self.optim.clip_value)
        if self.optim.clip_norm is None:
            return None
        return self.fabric.clip_gradients(
            self.module, self.optimizer, max_norm=self.optim.clip_norm, error_if_nonfinite=False
        )

    def _check(self, loss: Float[Tensor, ""], norm: Tensor | None, *, step: int) -> None:
        numbers = [loss] if norm is None or self.may_overflow else [loss, norm]
        self.finite.observe(torch.stack(numbers), step=step)


class _Veil:
    """A batch that wrappers pass on as it is: they would rebuild a dataclass, and refuse a frozen one."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch


class _Veiled(nn.Module):
    def __init__(self, objective: nn.Module) -> None:
        super().__init__()
        self.objective = objective

    def forward(self, veil: _Veil) -> tuple[Float[Tensor, ""], Parts]:
        return self.objective(veil.batch)


def _placed(objective: Objective, device: torch.device, *, channels_last: bool) -> Any:
    """The objective, a module, where and how it is computed."""
    assert isinstance(objective, nn.Module)
    objective.to(device)
    if channels_last:
        objective.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return objective.train()
