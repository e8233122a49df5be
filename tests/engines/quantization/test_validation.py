"""The error of a quantized network: zero for the float network itself, measured on images that set no ranges."""

import numpy as np
import pytest

from hondo.core.types import DepthKind
from hondo.engines.quantization.calibration import Calibration
from hondo.engines.quantization.validation import FEW, Validation


def mean_of(image: np.ndarray) -> np.ndarray:
    return image[:, :1] + 1


@pytest.fixture
def validation() -> Validation:
    images = np.random.default_rng(0).integers(0, 256, (40, 3, 4, 6), dtype=np.uint8)
    return Validation.of(mean_of, Calibration(images=images), kind=DepthKind.METRIC_DEPTH)


def test_the_error_is_abs_rel_to_the_float_network(validation: Validation) -> None:
    assert len(validation.images) == len(validation.expected) == 20
    assert validation.abs_rel_error(mean_of) == 0
    assert validation.abs_rel_error(lambda image: 1.25 * mean_of(image)) == pytest.approx(0.25, rel=1e-4)


def test_few_images_are_some_of_them_with_their_maps(validation: Validation) -> None:
    few = validation.few()
    assert len(few.images) == FEW and few.abs_rel_error(mean_of) == 0
