"""Several data sets as one: each batch draws from all of them, by weight."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from jaxtyping import Int64

from hondo.core.errors import HondoError
from hondo.core.sample import Sample, Samples


class MixedSets(Sequence[Sample]):
    """The samples of all sets, one set after the other; ``streams`` draws an epoch's order by the sets' weights.

    An epoch has as many samples as all sets together. Within it a set is used up before any of its samples comes again;
    a set with a small share gives others in the next epoch. A sample without a depth map gets one without a known
    pixel, so that it can stand in a batch with others; source views stay only if all sets have the same.
    """

    def __init__(self, sets: Mapping[str, Samples], weights: Mapping[str, float]) -> None:
        if not sets or not any(weights[name] > 0 for name in sets) or min(weights.values()) < 0:
            raise HondoError(f"a mix needs positive weights of its sets, got {dict(weights)}", field="data.sets")
        empty = [name for name in sets if not len(sets[name])]
        if empty:
            raise HondoError(f"the set {empty[0]} of the mix has no samples", field="data.sets")
        self.sets, self.weights = dict(sets), dict(weights)
        self._places = [(name, number) for name, each in self.sets.items() for number in range(len(each))]
        roles = {tuple(view.role for view in each[0].sources) for each in self.sets.values()}
        self._keeps_sources = len(roles) == 1

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> Sample:  # pyright: ignore[reportIncompatibleMethodOverride]
        name, number = self._places[index]
        sample = self.sets[name][number]
        if sample.depth_gt is None and sample.pairs is None:
            unknown = torch.zeros_like(sample.image[:1])
            sample = replace(sample, depth_gt=unknown, valid=unknown.bool())
        return sample if self._keeps_sources else replace(sample, sources=())

    def streams(self, generator: torch.Generator, world_size: int) -> list[list[int]]:
        """The order of an epoch for each process: sets drawn by weight, their samples without repetition."""
        names = list(self.sets)
        shares = torch.tensor([self.weights[name] for name in names], dtype=torch.float64)
        drawn = torch.multinomial(shares, len(self) // world_size * world_size, replacement=True, generator=generator)
        order = torch.empty_like(drawn)
        start = 0
        for number, name in enumerate(names):
            places = (drawn == number).nonzero()[:, 0]
            order[places] = start + _repeated_order(self.sets[name], len(places), generator)
            start += len(self.sets[name])
        return [order[rank::world_size].tolist() for rank in range(world_size)]


def _repeated_order(samples: Samples, count: int, generator: torch.Generator) -> Int64[torch.Tensor, " count"]:
    """``count`` numbers of samples: whole epochs of the set's own order, one behind the other."""
    own = getattr(samples, "streams", None)
    epochs = [torch.empty(0, dtype=torch.long)]
    for _ in range(-(-count // len(samples))):
        one = torch.randperm(len(samples), generator=generator) if own is None else torch.tensor(own(generator, 1)[0])
        epochs.append(one)
    return torch.cat(epochs)[:count]
