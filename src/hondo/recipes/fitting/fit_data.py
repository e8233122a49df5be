"""The data of a search: images with depth, or images and videos without, and which of them validate."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.core.sample import Sample, Samples
from hondo.core.types import Size
from hondo.data.datasets.dataset_configs import RgbdData
from hondo.data.datasets.rgbd import MANIFEST
from hondo.engines.quantization.calibration import evenly
from hondo.images.pixels import tensor_to_rgb8
from hondo.recipes.build_parts import build_samples
from hondo.recipes.compression.unlabelled import unlabelled_data
from hondo.recipes.fitting.fit_truth import Image, resized_image

HELD_BACK = 0.15  # of the samples, the last ones: neighbours of frames that are trained on would flatter
LEAST = 8  # samples
DEFAULT_HW = (192, 256)  # of the samples where no size is given


@dataclass(frozen=True, kw_only=True)
class FitData:
    """Samples to learn from, and those held back to validate."""

    source: str
    train: Samples
    validation: Samples
    has_labels: bool

    def images(self, size_hw: Size, *, count: int) -> list[Image]:
        """Images to learn from, evenly spread, at one size."""
        return _images(self.train, size_hw, count=count)

    def validation_images(self, size_hw: Size, *, count: int) -> list[Image]:
        """Images that were held back."""
        return _images(self.validation, size_hw, count=count)


class Part(Sequence[Sample]):
    """Some of the samples."""

    def __init__(self, samples: Samples, indices: Sequence[int]) -> None:
        self._samples, self._indices = samples, indices

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, index: int) -> Sample:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._samples[self._indices[index]]


def open_fit_data(root: str, *, size_hw: Size | None, only: str | None = None) -> FitData:
    """A folder with a manifest.csv (or the manifest) has labels; any other folder or video has none.

    The last samples are held back: frames of a video are alike.
    """
    path = Path(root)
    has_labels = (path / MANIFEST).is_file() or path.suffix == ".csv"
    size_hw = size_hw or DEFAULT_HW
    labelled = RgbdData(root=root, size_hw=size_hw, only=only)
    samples = build_samples(labelled if has_labels else unlabelled_data(root, size_hw=size_hw))
    count = len(samples)
    if count < LEAST:
        raise HondoError(f"data {root}: {count} images are too few to learn from; give at least {LEAST}", field="data")
    held = max(2, round(HELD_BACK * count))
    return FitData(
        source=root if only is None else f"{root} ({only})",
        train=Part(samples, range(count - held)),
        validation=Part(samples, range(count - held, count)),
        has_labels=has_labels,
    )


def _images(samples: Samples, size_hw: Size, *, count: int) -> list[Image]:
    chosen = (samples[index] for index in evenly(len(samples), count=count))
    return [resized_image(tensor_to_rgb8(sample.image), size_hw) for sample in chosen]
