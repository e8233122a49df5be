"""Training resumed at random batches: the samples that follow are those that would have followed.

python benchmarks/campaigns/resume.py --json
"""

from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from campaign import Options, Tally, main

from hondo.core.sample import Batch, Sample
from hondo.core.types import Camera
from hondo.data.loading.batches import ShuffledBatches
from hondo.train.loop.state_file import from_bytes, to_bytes

CAMERA = Camera(fx=10, fy=10, cx=4, cy=4, size_hw=(8, 8))
AHEAD = 8  # batches compared


class Numbered:
    """Samples whose image is their number."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Sample:
        return Sample(image=torch.full((3, 8, 8), float(index)), camera=CAMERA, origin=str(index))


def collate(samples: list[Sample]) -> Batch:
    return Batch(image=torch.stack([sample.image for sample in samples]))


def noisy(batch: Batch, generator: torch.Generator) -> Batch:
    """An augmentation, whose random numbers must be the same too."""
    return Batch(image=batch.image + torch.rand(1, generator=generator))


@dataclass(frozen=True, kw_only=True)
class Case:
    """How the data are read, and after how many batches the run is cut."""

    samples: int
    batch_size: int
    workers: int
    processes: int
    cut: int
    seed: int

    def stream(self, rank: int) -> ShuffledBatches:
        """The batches of one process."""
        return ShuffledBatches(
            Numbered(self.samples), batch_size=self.batch_size, collate=collate, augment=noisy, seed=self.seed,
            workers=self.workers, rank=rank, world_size=self.processes,
        )  # fmt: skip

    def goes_on(self, rank: int) -> bool:
        """Whether a resumed process gets what an undisturbed one gets."""
        whole = [batch.image for batch in islice(self.stream(rank), self.cut + AHEAD)]
        begun, resumed = self.stream(rank), self.stream(rank)
        for _ in islice(begun, self.cut):
            pass
        resumed.load_state_dict(from_bytes(to_bytes(begun.state_dict()), name="state"))
        after = [batch.image for batch in islice(resumed, AHEAD)]
        return all(map(torch.equal, whole[self.cut :], after))


def run(options: Options) -> Tally:
    """Each case has its own number of samples, batch size, workers, processes and place of the cut."""
    tally = Tally()
    for number in range(options.count):
        if options.is_over:
            break
        rng = np.random.default_rng([options.seed, number])
        case = Case(
            samples=int(rng.integers(12, 60)), batch_size=int(rng.integers(1, 6)), workers=int(rng.integers(3)),
            processes=int(rng.integers(1, 3)), cut=int(rng.integers(0, 40)), seed=number,
        )  # fmt: skip
        if all(case.goes_on(rank) for rank in range(case.processes)):
            tally.count("the same samples")
        else:
            tally.fault(f"other samples: {case}")
    return tally


if __name__ == "__main__":
    main("resume", run, asks="the same samples follow, in each process", count=300, quick=30)
