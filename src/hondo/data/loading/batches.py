"""A shuffled, endless, resumable stream of batches over a sequence of samples."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from typing import Any, Protocol, TypeVar, runtime_checkable

import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Batch, Sample, Samples
from hondo.data.loading.bad_samples import BadSamples

Collate = Callable[[list[Sample]], Batch]
Augment = Callable[[Batch, torch.Generator], Batch]


@runtime_checkable
class BatchSource(Protocol):
    """What the loop reads: ``state_dict`` is the state after the batch last handed out."""

    def __iter__(self) -> Iterator[Batch]: ...

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs to go on with the next batch; plain numbers and text."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continues after the batch of ``state``; HondoError where it is of other data."""
        ...


class ShuffledBatches:
    """Batch n is a function of (samples, seed, n) alone: whatever is read ahead, a resumed run sees the same ones.

    ``augment`` gets a generator of its own for each batch. Every epoch has a new order, which samples that have
    ``streams`` make themselves; a last incomplete batch is left out unless there is no other. Samples of several sizes
    (their ``groups``) are never in one batch. With several processes each takes its ``rank``-th share of every batch.
    A sample that cannot be read is left out of its batch and counted, up to ``max_bad`` of all.
    """

    def __init__(
        self,
        samples: Samples,
        *,
        batch_size: int,
        collate: Collate,
        augment: Augment | None = None,
        seed: int = 0,
        shuffle: bool = True,
        workers: int = 2,
        max_bad: float = 0.0,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        if len(samples) < world_size or batch_size < 1:
            raise HondoError(
                f"cannot make batches of {batch_size} from {len(samples)} samples for {world_size} processes"
            )
        groups = getattr(samples, "groups", None)
        self.groups: tuple[tuple[int, ...], ...] | None = groups if groups and len(groups) > 1 else None
        self.samples, self.collate, self.augment = samples, collate, augment
        self.asked_size, self.batch_size = batch_size, min(batch_size, len(samples) // world_size)
        self.seed, self.shuffle, self.workers = seed, shuffle, workers
        self.rank, self.world_size = rank, world_size
        self.position = 0  # batches handed out so far
        self.bad = BadSamples(total=len(samples), allowed=max_bad)
        self._latest: tuple[int, list[int]] | None = None  # an epoch and its order

    def __len__(self) -> int:
        """Batches of one epoch."""
        if self.groups is None:
            return len(self.samples) // (self.batch_size * self.world_size)
        return sum(-(-len(group) // self._step(group)) for group in self.groups)

    def __iter__(self) -> Iterator[Batch]:
        for batch in read_ahead(self.batch, start=self.position, workers=self.workers):
            self.position += 1
            yield batch

    def batch(self, number: int) -> Batch:
        """Batch ``number`` of the endless stream."""
        epoch, within = divmod(number, len(self))
        if self.groups is None:
            start = within * self.batch_size
            order = self._stream_of(epoch)
            indices, others = order[start : start + self.batch_size], order[start + self.batch_size :] + order[:start]
        else:
            indices, others = self._grouped(self.groups, epoch)[within][self.rank :: self.world_size], []
        batch = self.collate(self.bad.readable(self.samples, indices, others=others))
        if self.augment is None:
            return batch
        return self.augment(batch, _generator(self.seed, 1, number, self.rank))

    def state_dict(self) -> dict[str, Any]:
        """The state after the batch last handed out."""
        return {
            "position": self.position,
            "seed": self.seed,
            "num_samples": len(self.samples),
            "batch_size": self.batch_size,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continues after a stored state; other data or options are refused."""
        given = self.state_dict()
        for name in ("seed", "num_samples", "batch_size"):
            if state[name] != given[name]:
                limit = f", limited to {self.batch_size} by the samples" if self.batch_size < self.asked_size else ""
                now = f"{self.asked_size}{limit}" if name == "batch_size" else given[name]
                raise HondoError(
                    f"cannot resume: the run had {name} {state[name]}, now it is {now}; "
                    "use the same data and options, or start a new run"
                )
        self.position = state["position"]

    def _stream_of(self, epoch: int) -> list[int]:
        """``_stream``, which is kept for the batches that follow."""
        latest = self._latest
        if latest is None or latest[0] != epoch:
            self._latest = latest = epoch, self._stream(epoch)
        return latest[1]

    def _stream(self, epoch: int) -> list[int]:
        """The samples of this process in the order of an epoch, whole batches first."""
        streams = getattr(self.samples, "streams", None)
        if streams is not None and self.shuffle:
            return streams(_generator(self.seed, 0, epoch), self.world_size)[self.rank]
        order, step = self._order(epoch), self.batch_size * self.world_size
        starts = range(self.rank * self.batch_size, len(order) - self.batch_size + 1, step)
        return [index for start in starts for index in order[start : start + self.batch_size]]

    def _step(self, group: tuple[int, ...]) -> int:
        """The samples of one batch in all processes."""
        return min(self.batch_size * self.world_size, max(self.world_size, len(group)))

    def _grouped(self, groups: tuple[tuple[int, ...], ...], epoch: int) -> list[list[int]]:
        """The batches of an epoch, each of one group; the last of a group is filled up from its first samples."""
        batches, rank_of = [], {index: rank for rank, index in enumerate(self._order(epoch))}
        for group in groups:
            order, step = sorted(group, key=rank_of.__getitem__), self._step(group)
            filled = order + [order[number % len(order)] for number in range(-len(order) % step)]
            batches += [filled[start : start + step] for start in range(0, len(filled), step)]
        if not self.shuffle:
            return batches
        order = torch.randperm(len(batches), generator=_generator(self.seed, 2, epoch)).tolist()
        return [batches[index] for index in order]

    def _order(self, epoch: int) -> list[int]:
        if not self.shuffle:
            return list(range(len(self.samples)))
        return torch.randperm(len(self.samples), generator=_generator(self.seed, 0, epoch)).tolist()


def _generator(*key: int) -> torch.Generator:
    """A generator that is a function of all the numbers."""
    seed = 0
    for number in key:
        seed = (seed * 6364136223846793005 + number + 1442695040888963407) % 2**63  # Knuth's linear congruence
    return torch.Generator().manual_seed(seed)


T = TypeVar("T")


def read_ahead(make: Callable[[int], T], *, start: int = 0, workers: int = 2) -> Iterator[T]:
    """make(start), make(start + 1), ... in order, without end; ``workers`` 0: each when it is asked for."""
    if workers == 0:
        yield from map(make, count(start))
    waiting: deque[Future[T]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="read-ahead")
    try:
        for number in count(start):
            waiting.append(pool.submit(make, number))
            if len(waiting) > workers:
                yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
