"""Samples with what a depth-completing model is shown beside the image: the points of a LiDAR, for example."""

from collections.abc import Sequence
from dataclasses import replace

from hondo.core.errors import HondoError
from hondo.core.sample import Sample, Samples


class WithMeasured(Sequence[Sample]):
    """The samples that ``measured`` has too, by the image they come from, with its depth as ``Sample.measured``."""

    def __init__(self, samples: Samples, measured: Samples) -> None:
        self.samples, self.other = samples, measured
        places = {origin: place for place, origin in enumerate(_origins(measured))}
        known = enumerate(_origins(samples))
        self._places = [(number, places[origin]) for number, origin in known if origin in places]
        if not self._places:
            raise HondoError(
                "no image has both labels and measured depth: the two data sets name different images; "
                "check data.measured",
                field="data.measured",
            )

    @property
    def origins(self) -> tuple[str, ...]:
        """The images."""
        names = _origins(self.samples)
        return tuple(names[number] for number, _ in self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> Sample:  # pyright: ignore[reportIncompatibleMethodOverride]
        number, place = self._places[index]
        sample, other = self.samples[number], self.other[place]
        if other.image.shape != sample.image.shape:
            raise HondoError(f"{sample.origin}: labels and measured depth are of images of different sizes")
        return replace(sample, measured=other.depth_gt, is_measured=other.valid)


def _origins(samples: Samples) -> tuple[str, ...]:
    known = getattr(samples, "origins", None)
    return tuple(known) if known is not None else tuple(samples[index].origin for index in range(len(samples)))
