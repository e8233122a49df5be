"""Why the pure transformer stalls, and training that does not: python benchmarks/stability.py [--quick] [--json FILE]

A small VTDepth-A0 (PVTv2 encoder, transformer decoder) learns rendered walks with known poses from the views alone,
with and without a start near the depth of the scene, and with and without warm-up and clipped gradients: five seeds.
One seed takes about ten seconds of processor time; `--workers` of them run side by side.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import torch

from hondo.core.report import Report, Row
from hondo.core.sample import Batch
from hondo.core.types import DepthKind, InputSpec
from hondo.data.loading.collate import collate
from hondo.models.base.depth_model import DepthModel, EncoderDecoder
from hondo.models.decoders.transformer_decoder import TransformerDecoder
from hondo.models.encoders.pvt_v2 import PVTv2
from hondo.synthetic.scenes import SyntheticScenes
from hondo.train.loop.fabric import make_fabric
from hondo.train.loop.loop_config import FabricConfig, OptimConfig
from hondo.train.loop.training import Training
from hondo.train.objectives.objective_config import SelfSupervisedConfig
from hondo.train.objectives.self_supervised import SelfSupervised

SIZE_HW = (32, 64)
CHANNELS = (8, 16, 40, 64)
LR = 3e-3  # thirty times VTDepth's: a few dozen steps instead of hundreds of thousands
START_DEPTH = 4.0  # metres; the scenes lie at 4 to 7
RECIPES = {
    "plain": {"start_depth": None, "warmup": 0.0, "clip_norm": None},
    "warm-up and clipping": {"start_depth": None, "warmup": 0.3, "clip_norm": 0.1},
    "start depth": {"start_depth": START_DEPTH, "warmup": 0.0, "clip_norm": None},
    "stable: all of them": {"start_depth": START_DEPTH, "warmup": 0.3, "clip_norm": 0.1},
}
FLAT = 0.05  # variation of a map below which it says nothing of the image
SATURATED = 1e-3  # distance of a sigmoid from 0 or 1


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one seed came to; curves are the photometric losses of every step."""

    abs_rel: float
    photometric: float
    saturated: float
    variation: float
    largest_norm: float
    losses: tuple[float, ...]

    @property
    def is_stalled(self) -> bool:
        """Whether the maps are flat: no pixel differs from its neighbours, whatever the image shows."""
        return self.variation < FLAT or self.saturated > 0.9


@cache
def scenes(count: int) -> list[Batch]:
    """Pairs of views of rendered walks."""
    samples = SyntheticScenes(length=count, seed=3, size_hw=SIZE_HW, sources=(-2, 2), worlds={"simple": 1.0})
    return [collate([samples[index], samples[index + 1]]) for index in range(0, count, 2)]


def train(name: str, seed: int, steps: int, count: int) -> Outcome:
    """One run of a recipe."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    recipe, batches = RECIPES[name], scenes(count)
    encoder = PVTv2(channels=CHANNELS, depths=(1, 1, 1, 1))
    decoder = TransformerDecoder(channels=CHANNELS, strides=encoder.strides, start_depth=recipe["start_depth"])
    spec = InputSpec(size_hw=SIZE_HW)
    model = DepthModel(
        EncoderDecoder(encoder, decoder), name="a0", kind=DepthKind.SCALED_INVERSE_DEPTH, input_spec=spec
    )
    setup = FabricConfig(accelerator="cpu")
    optim = OptimConfig(
        name="adam",
        lr=LR,
        weight_decay=0.0,
        schedule="constant",
        warmup=recipe["warmup"],
        clip_norm=recipe["clip_norm"],
    )
    objective = SelfSupervised(model, SelfSupervisedConfig(pose="known"))
    training = Training(objective, optim, fabric=make_fabric(setup), setup=setup, advice="")
    losses, norms, endless = [], [], cycle(batches)
    for step in range(steps):
        _, parts = training.step(endless, step=step, progress=step / steps)
        losses.append(parts["photometric"].item())
        norms.append(float(training.norm))
    return judged(model.eval(), batches, losses=losses, largest_norm=max(norms))


@torch.no_grad()
def judged(model: DepthModel, batches: list[Batch], *, losses: list[float], largest_norm: float) -> Outcome:
    """The model on the scenes, each map scaled by its median."""
    maps = torch.cat([model(batch.image)[0] for batch in batches])
    truth, valid = torch.cat([batch.depth_gt for batch in batches]), torch.cat([batch.valid for batch in batches])
    limits = model.network.decoder.inverse_depth
    share = (maps - 1 / limits.max_depth) / (1 / limits.min_depth - 1 / limits.max_depth)  # the sigmoid
    errors = []
    for depth, gt, is_valid in zip(1 / maps, truth, valid, strict=True):
        depth, gt = depth[is_valid], gt[is_valid]
        errors.append(((depth * gt.median() / depth.median() - gt).abs() / gt).mean())
    return Outcome(
        abs_rel=torch.stack(errors).mean().item(),
        photometric=sum(losses[-len(batches) :]) / len(batches),
        saturated=((share < SATURATED) | (share > 1 - SATURATED)).float().mean().item(),
        variation=(maps.std((1, 2, 3)) / maps.mean((1, 2, 3))).mean().item(),
        largest_norm=largest_norm,
        losses=tuple(losses),
    )


def report_of(outcomes: dict[tuple[str, int], Outcome], *, steps: int) -> Report:
    """A line for each recipe: how many seeds stalled, and medians with the worst seed."""
    rows = []
    for name in RECIPES:
        of_seeds = [outcome for (recipe, _), outcome in outcomes.items() if recipe == name]
        values = {
            "stalled seeds": sum(each.is_stalled for each in of_seeds),
            "seeds": len(of_seeds),
            "photometric, median": median([each.photometric for each in of_seeds]),
            "photometric, worst": max(each.photometric for each in of_seeds),
            "abs_rel, median": median([each.abs_rel for each in of_seeds]),
            "abs_rel, worst": max(each.abs_rel for each in of_seeds),
            "saturated pixels, mean": sum(each.saturated for each in of_seeds) / len(of_seeds),
            "largest gradient norm": max(each.largest_norm for each in of_seeds),
        }
        rows += [Row(name=key, value=float(value), better="lower", subject=name) for key, value in values.items()]
    notes = (
        f"{SIZE_HW[1]}x{SIZE_HW[0]} px, {steps} steps of two scenes, Adam {LR:g}, {len(of_seeds)} seeds, known poses",
    )
    return Report(title="Stability of the pure transformer", rows=tuple(rows), notes=notes)


def draw(outcomes: dict[tuple[str, int], Outcome], path: Path) -> None:
    """The loss of every seed over the steps, a panel for each recipe."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3 * len(RECIPES), 2.6), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(RECIPES), sharey=True), RECIPES):
        for (recipe, seed), outcome in outcomes.items():
            if recipe == name:
                axes.plot(outcome.losses, linewidth=0.8, label=f"seed {seed}")
        axes.set(title=name, xlabel="step", ylim=(0, None))
    figure.axes[0].set_ylabel("photometric loss")
    figure.savefig(path, dpi=100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two steps of one seed: does it run?")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=90)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--figure", type=Path)
    given = parser.parse_args()
    seeds, steps, count = (1, 2, 2) if given.quick else (given.seeds, given.steps, 8)
    jobs = [(name, seed) for seed in range(seeds) for name in RECIPES]
    if given.quick:
        outcomes = {job: train(*job, steps, count) for job in jobs}
    else:
        with ProcessPoolExecutor(given.workers, mp_context=get_context("spawn")) as pool:
            waiting = {job: pool.submit(train, *job, steps, count) for job in jobs}
            outcomes = {job: each.result() for job, each in waiting.items()}
    report = report_of(outcomes, steps=steps)
    print(report.to_markdown())
    if given.json:
        given.json.write_text(report.to_json() + "\n")
    if given.figure:
        draw(outcomes, given.figure)


if __name__ == "__main__":
    main()
