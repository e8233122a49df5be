"""Every config of a data set names one, and its fields are options that the data set takes."""

import inspect
from dataclasses import fields
from typing import Any

import pytest

from hondo.core.errors import HondoError
from hondo.data.datasets.dataset_configs import FramesData, MixData, RgbdData, SyntheticData
from hondo.data.datasets.registry import DATASETS


@pytest.mark.parametrize(
    "data", [FramesData(), MixData(), SyntheticData(), RgbdData(name="diode")], ids=lambda data: data.dataset
)
def test_the_fields_are_options_of_the_data_set(data: Any) -> None:
    options = inspect.signature(DATASETS[data.dataset]).parameters
    others = {"frames": {"name", "split", "lists"}, "diode": {"partner_orientation", "measured"}}.get(
        data.dataset, set()
    )
    assert {field.name for field in fields(data)} - others <= set(options)


def test_a_manifest_and_published_data_sets() -> None:
    assert RgbdData().dataset == "rgbd" and FramesData().dataset == "frames"
    options = inspect.signature(DATASETS["rgbd"]).parameters
    assert {field.name for field in fields(RgbdData())} - {"name", "split", "lists", "depth", "measured"} <= set(
        options
    )
    assert FramesData(name="kitti").dataset == "kitti"
    with pytest.raises(HondoError, match="did you mean diode"):
        RgbdData(name="diod")
    for config in (RgbdData, FramesData):
        with pytest.raises(HondoError, match=r"data\.split is of published data sets: give data.name too"):
            config(split="eigen/test")
