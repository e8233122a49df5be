"""What a step of hondo's loop costs above the same step by hand: OMP_NUM_THREADS=1 python benchmarks/loop_overhead.py

Processor time, the smallest of several rounds, so that other programs on the machine matter little.
"""

import itertools
import time

import torch

from hondo.core.sample import Batch
from hondo.models.registry.build_model import build_model
from hondo.train.loop.fabric import make_fabric
from hondo.train.loop.loop import fit
from hondo.train.loop.loop_config import FabricConfig, LoopConfig, OptimConfig
from hondo.train.objectives.objective_config import SupervisedConfig
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
    start = time.process_time()
    for _ in range(STEPS):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss, _ = objective(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(objective.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return (time.process_time() - start) / STEPS


def by_hondo(objective, batches) -> float:
    setup = FabricConfig(accelerator="cpu", precision="bf16-mixed")
    fabric, loop = make_fabric(setup), LoopConfig(show_progress=False)
    times = []
    for steps in (STEPS, 2 * STEPS):  # the difference leaves out what a run does once
        start = time.process_time()
        fit(objective, batches, optim=OptimConfig(lr=1e-5, max_steps=steps), setup=setup, fabric=fabric, loop=loop)
        times.append(time.process_time() - start)
    return (times[1] - times[0]) / STEPS


def main() -> None:
    torch.manual_seed(0)
    objective, batches = (
        Supervised(build_model("unet-light", weights="random"), SupervisedConfig()).train(),
        SameBatch(),
    )
    by_hand(objective, batches.batch), by_hondo(objective, batches)  # warm-up
    hand, hondo = [], []
    for _ in range(ROUNDS):
        hand.append(by_hand(objective, batches.batch))
        hondo.append(by_hondo(objective, batches))
    print(f"by hand {min(hand) * 1e3:.1f} ms, hondo {min(hondo) * 1e3:.1f} ms: {min(hondo) / min(hand) - 1:+.1%}")


if __name__ == "__main__":
    main()
