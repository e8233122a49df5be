"""Every config of a data set names one, and its fields are options that the data set takes."""

import inspect
from dataclasses import fields

import pytest

from hondo.data.datasets.dataset_configs import FramesData, MixData, RgbdData, SyntheticData
from hondo.data.datasets.registry import DATASETS


@pytest.mark.parametrize("config", [FramesData, MixData, RgbdData, SyntheticData])
def test_the_fields_are_options_of_the_data_set(config: type) -> None:
    options = inspect.signature(DATASETS[config.dataset]).parameters
    assert {field.name for field in fields(config)} <= set(options)
