"""How much longer a step of hondo's loop takes than the same step written by hand: python benchmarks/loop_overhead.py"""

import itertools
import statistics
import time

import torch

from hondo.core.sample import Batch
from hondo.models.zoo import build_model
from hondo.train.config import FabricConfig, LoopConfig, OptimConfig
from hondo.train.loop import fit
from hondo.train.objectives.config import SupervisedConfig
from hondo.train.objectives.supervised import Supervised

STEPS, ROUNDS = 20, 5
SIZE_HW, BATCH_SIZE = (96, 128), 4


class SameBatch:
    """One ready batch, for ever."""

    def __init__(self) -> None:
        depth = 1 + torch.rand(BATCH_SIZE, 1, *SIZE_HW)
        self.batch = Batch(image=torch.rand(BATCH_SIZE, 3, *SIZE_HW), depth_gt=depth, valid=depth > 1.1)

    def __iter__(self):
        return itertools.repeat(self.batch)

    def state_dict(self):
        return {}

    def load_state_dict(self, state):
        pass


def by_hand(objective, batch) -> float:
    optimizer = torch.optim.AdamW(objective.parameters(), lr=1e-5, fused=True)
    start = time.perf_counter()
    for _ in range(STEPS):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss, _ = objective(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(objective.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return (time.perf_counter() - start) / STEPS


def by_hondo(objective, batches) -> float:
    optim = OptimConfig(lr=1e-5, max_steps=STEPS)
    setup = FabricConfig(accelerator="cpu", precision="bf16-mixed")
    return fit(objective, batches, optim=optim, setup=setup, loop=LoopConfig(show_progress=False)).seconds / STEPS


def main() -> None:
    torch.manual_seed(0)
    objective, batches = (
        Supervised(build_model("unet-light", weights="random"), SupervisedConfig()).train(),
        SameBatch(),
    )
    by_hand(objective, batches.batch), by_hondo(objective, batches)  # warm-up
    ratios = []
    for _ in range(ROUNDS):
        hand, hondo = by_hand(objective, batches.batch), by_hondo(objective, batches)
        ratios.append(hondo / hand - 1)
        print(f"by hand {hand * 1e3:.1f} ms, hondo {hondo * 1e3:.1f} ms, overhead {ratios[-1]:+.1%}")
    print(f"median overhead {statistics.median(ratios):+.1%}")


if __name__ == "__main__":
    main()
