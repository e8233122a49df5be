"""Multiply-accumulates against the numbers that papers and studies give for the same networks."""

import pytest
import torch

from hondo.core.types import Size
from hondo.models.base.macs import count_macs
from hondo.models.registry.build_model import build_model
from hondo.models.registry.zoo import ZOO

PUBLISHED = (  # name, options, size, multiply-accumulates, who says so
    ("monodepth2", {}, (192, 640), 8.0e9, "Zhang et al. 2023 (Lite-Mono)"),
    ("fastdepth", {}, (224, 224), 0.74e9, "Wofk et al. 2019, table IV"),
    ("fastdepth-pruned", {}, (224, 224), 0.37e9, "Wofk et al. 2019, table IV"),
    ("mobiledepth", {}, (224, 224), 0.70e9, "Wang 2020"),
    ("dpt-hybrid", {}, (384, 384), 121.5e9, "the thesis on DPT-Hybrid variants"),
    ("vtdepth-b0", {}, (192, 640), 7.0e9, "the study of VTDepth"),
    (
        "dpt-thesis",
        {"encoder": "resnet50", "num_heads": 1, "hooks": (0, 1)},
        (192, 640),
        67.2e9,
        "its model A",
    ),
)
TOLERANCE = 0.05


@pytest.mark.parametrize(
    ("name", "options", "size_hw", "published", "source"), PUBLISHED, ids=[each[0] for each in PUBLISHED]
)
def test_macs_are_the_published_ones(name: str, options: dict, size_hw: Size, published: float, source: str) -> None:
    if name not in ZOO:
        pytest.skip(f"{name} is not in the zoo yet")
    with torch.device("meta"):
        model = build_model(name, weights="random", **options)
    assert count_macs(model, size_hw=size_hw) == pytest.approx(published, rel=TOLERANCE), source
