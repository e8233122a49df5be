import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import InputSpec
from hondo.engines.quantization.calibration import Calibration, calibration_of, evenly
from hondo.images.placement import place, to_network

SPEC = InputSpec(size_hw=(32, 64), multiple_of=32)


def photos(count: int, *, size_hw: tuple[int, int] = (40, 80)) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (*size_hw, 3), dtype=np.uint8) for _ in range(count)]


def test_images_are_given_as_a_predictor_of_the_exported_file_prepares_them() -> None:
    images = photos(8, size_hw=(50, 60))  # another aspect: letterboxed
    prepared = list(calibration_of(images, spec=SPEC, size_hw=(64, 96)))
    spec = InputSpec(size_hw=(64, 96), multiple_of=32, fixed=True)
    for image, given in zip(images, prepared, strict=True):
        np.testing.assert_array_equal(given, to_network(image, place((50, 60), spec)))


def test_one_half_sets_ranges_and_the_other_judges_where_there_are_enough() -> None:
    calibration = calibration_of(photos(20), spec=SPEC, size_hw=(32, 64))
    ranges, validation = calibration.range_images, calibration.validation_images
    assert len(ranges) == len(validation) == 10
    assert not {image.tobytes() for image in ranges} & {image.tobytes() for image in validation}
    few = calibration_of(photos(9), spec=SPEC, size_hw=(32, 64))
    assert [len(part) for part in (few.range_images, few.validation_images)] == [9, 9]


def test_evenly_spread_indices_reach_both_ends_and_keep_their_distance() -> None:
    assert evenly(5, count=8) == [0, 1, 2, 3, 4]
    chosen = evenly(1000, count=10)
    assert chosen == list(range(50, 1000, 100))
    assert len(Calibration(images=np.zeros((9, 3, 2, 2), dtype=np.uint8)).spread(4)) == 4


def test_too_few_equal_and_flat_images_are_refused_with_the_counts() -> None:
    flat, equal = np.full((40, 80, 3), 7, dtype=np.uint8), photos(1)[0]
    with pytest.raises(HondoError, match=r"photos: 1 different images of 12 \(4 of one colour, 7 equal to others\)"):
        calibration_of([flat] * 4 + [equal] * 8, spec=SPEC, size_hw=(32, 64), source="photos")
    with pytest.raises(HondoError, match="7 different images of 7, int8 needs at least 8"):
        calibration_of(photos(7), spec=SPEC, size_hw=(32, 64))
    assert len(calibration_of([flat, *photos(8), *photos(8)], spec=SPEC, size_hw=(32, 64))) == 8
