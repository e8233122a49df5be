"""Training killed (-9) at random moments, also while it writes, and resumed: the end is that of an undisturbed run.

python benchmarks/campaigns/kills.py --json
"""

import math
import os
import signal
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from campaign import Options, Tally, main
from torch import Tensor

from hondo.core.sample import Batch, Sample
from hondo.core.types import Camera
from hondo.data.loading.batches import ShuffledBatches
from hondo.models.base.weights_file import save_model
from hondo.models.registry.build_model import build_model
from hondo.train.loop.checkpoint import RunFolder, seed_everything
from hondo.train.loop.fabric import make_fabric
from hondo.train.loop.loop import Hooks, fit
from hondo.train.loop.loop_config import FabricConfig, LoopConfig, OptimConfig
from hondo.train.objectives.objective_config import SupervisedConfig
from hondo.train.objectives.supervised import Supervised

STEPS, SIZE_HW = 8, (32, 64)
CAMERA = Camera(fx=60, fy=60, cx=32, cy=16, size_hw=SIZE_HW)
OTHER_FILE_SYSTEM = Path("/dev/shm")  # in memory: half of the runs write there
TIMES = ("seconds", "saved_seconds")  # of the clock: no two runs agree


class Slopes:
    """Sixteen planes with their depth."""

    def __len__(self) -> int:
        return 16

    def __getitem__(self, index: int) -> Sample:
        generator = torch.Generator().manual_seed(index)
        depth = torch.linspace(1, 5 + index, SIZE_HW[1]).expand(1, *SIZE_HW).contiguous()
        image = torch.rand(3, *SIZE_HW, generator=generator)
        return Sample(image=image, camera=CAMERA, depth_gt=depth, valid=depth > 0, origin=str(index))


def collate(samples: list[Sample]) -> Batch:
    depth = torch.stack([sample.depth_gt for sample in samples if sample.depth_gt is not None])
    return Batch(image=torch.stack([sample.image for sample in samples]), depth_gt=depth, valid=depth > 0)


def train(folder: Path, *, resume: bool) -> None:
    """One short run, a checkpoint after every second step."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    seed_everything(1)
    model = build_model("unet", weights="random", encoder="light", width=0.25, size_hw=SIZE_HW)
    setup = FabricConfig(accelerator="cpu")
    hooks = Hooks(export=lambda model, path: save_model(model, path, licence="Apache-2.0", training={}))
    fit(
        Supervised(model, SupervisedConfig()),
        ShuffledBatches(Slopes(), batch_size=2, collate=collate, seed=1, workers=1),
        optim=OptimConfig(lr=1e-3, max_steps=STEPS), setup=setup, fabric=make_fabric(setup), folder=folder, hooks=hooks,
        loop=LoopConfig(checkpoint_every=2, log_every=1, show_progress=False), resume=resume,
    )  # fmt: skip


def run(options: Options) -> Tally:
    """Kills until the wanted number is reached; each run is resumed until it ends, then compared."""
    tally, rng = Tally(), np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as disk, tempfile.TemporaryDirectory(dir=_other()) as memory:
        begun = time.monotonic()
        _started(Path(disk) / "whole", resume=False).wait()
        length, wanted = time.monotonic() - begun, RunFolder(Path(disk) / "whole").load_state()
        number = runs = 0
        while number < options.count and not options.is_over:
            folder = Path(disk if runs % 2 else memory) / f"run{runs}"
            runs += 1
            kills = 0
            while True:
                started = _started(folder, resume=RunFolder(folder).is_started)
                if kills < 3 and number < options.count and started.kill_after(float(rng.uniform(0, length))):
                    kills, number = kills + 1, number + 1
                    continue
                break
            _judge(tally, folder, wanted, status=started.wait(), kills=kills)
    tally.notes.append(f"{number} kills in {runs} runs of {length:.1f} s, half of them in {_other()}")
    return tally


class _started:
    """A run in a copy of this process, which has imported everything."""

    def __init__(self, folder: Path, *, resume: bool) -> None:
        self.process = os.fork()
        if self.process == 0:
            status = 1
            try:
                train(folder, resume=resume)
                status = 0
            finally:
                os._exit(status)

    def kill_after(self, seconds: float) -> bool:
        """Whether the run was still going, and was killed."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if os.waitpid(self.process, os.WNOHANG)[0]:
                self.process = 0
                return False
            time.sleep(0.001)
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        return True

    def wait(self) -> int:
        """The exit status of a run that goes to its end."""
        return os.waitpid(self.process, 0)[1] if self.process else 0


def _other() -> Path:
    return OTHER_FILE_SYSTEM if OTHER_FILE_SYSTEM.is_dir() else Path(tempfile.gettempdir())


def _judge(tally: Tally, folder: Path, wanted: Any, *, status: int, kills: int) -> None:
    if status:
        return tally.fault(f"{folder.name}: ended with {status} after {kills} kills")
    found = RunFolder(folder).load_state()
    left = [path.name for path in folder.rglob(".*")]
    if left:
        tally.fault(f"{folder.name}: {left} stayed")
    elif difference := _difference(wanted, found):
        tally.fault(f"{folder.name}: {difference} differs after {kills} kills")
    else:
        for _ in range(kills):
            tally.count("bit-equal")
    return None


def _difference(one: Any, other: Any, path: str = "") -> str:
    """Where two states differ; empty if nowhere."""
    if isinstance(one, Tensor):
        return "" if isinstance(other, Tensor) and torch.equal(one, other) else path
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        parts = (_difference(one[key], other[key], f"{path}.{key}") for key in one if key not in TIMES)
        return next(filter(None, parts), "")
    if isinstance(one, list | tuple) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return next(filter(None, (_difference(*pair, f"{path}.{place}") for place, pair in pairs)), "")
    if isinstance(one, np.ndarray):
        return "" if np.array_equal(one, other) else path
    is_nan = isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other)
    return "" if one == other or is_nan else path


if __name__ == "__main__":
    main(
        "kills",
        run,
        asks="each resumed run ends bit-equal on the CPU, and leaves no temporary file",
        count=200,
        quick=6,
    )
