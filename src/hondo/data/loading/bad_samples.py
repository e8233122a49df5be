"""Samples that cannot be read while a run trains: left out, counted, shown, and refused when they are too many."""

import threading
from collections.abc import Iterable, Sequence

from hondo.core.errors import HondoError, reason_of, warn
from hondo.core.sample import Sample, Samples

SHOWN = 5  # of which each is a warning; the rest is counted


class BadSamples:
    """The bad ones of ``total`` samples met so far; more than ``allowed`` (0..1) of all end the run."""

    def __init__(self, *, total: int, allowed: float) -> None:
        self.total, self.allowed = total, allowed
        self._reasons: dict[int, str] = {}
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        """How many samples could not be read."""
        return len(self._reasons)

    def readable(self, samples: Samples, indices: Sequence[int], *, others: Sequence[int] = ()) -> list[Sample]:
        """The samples of ``indices`` that can be read; the first readable one of ``others`` where none can."""
        found = [sample for index in indices if (sample := self._read(samples, index)) is not None]
        if found:
            return found
        return [next(sample for index in [*others, *indices] if (sample := self._read(samples, index)) is not None)]

    def _read(self, samples: Samples, index: int) -> Sample | None:
        try:
            return samples[index]
        except (HondoError, OSError) as error:
            self._note(index, error)
            return None

    def _note(self, index: int, error: Exception) -> None:
        with self._lock:
            is_new = index not in self._reasons
            self._reasons[index] = reason_of(error)
            count = self.count
        if count > self.allowed * self.total:
            if count == 1:
                raise error
            raise HondoError(
                f"{count} of {self.total} samples cannot be read, more than batches.max_bad={self.allowed:.2%}; "
                f"the last: {reason_of(error)}; see: hondo data check",
                field="batches.max_bad",
            ) from error
        if is_new and count <= SHOWN:
            more = "; further ones are counted only (bad_samples in metrics.jsonl)" if count == SHOWN else ""
            warn(f"left out a sample that cannot be read, {count} so far: {reason_of(error)}{more}")


def readable_ones(samples: Samples, indices: Iterable[int]) -> list[Sample]:
    """The samples that can be read, for a look before a run; the error of the first one where none can."""
    found, errors = [], []
    for index in indices:
        try:
            found.append(samples[index])
        except (HondoError, OSError) as error:
            errors.append(error)
    if errors and not found:
        raise errors[0]
    return found
