"""A model that tells its bins."""

import torch

from hondo.models.zoo import build_model
from tests.contracts.tiny import TINY


def test_bins_come_with_the_same_maps_at_any_size() -> None:
    model = build_model("adabins-nyu", weights="random", **TINY["adabins-nyu"])
    image = torch.rand(2, 3, 45, 70)
    with torch.no_grad():
        maps, centres = model.with_bins(image)
        again = model(image)
    assert len(maps) == 1 and maps[0].shape == (2, 1, 23, 35) and torch.allclose(maps[0], again[0])
    assert centres.shape == (2, 16) and centres.min() > 1e-3 and centres.max() < 10
