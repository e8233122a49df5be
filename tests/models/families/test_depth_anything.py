"""Depth Anything V2: the sizes, and what tells them from DPT."""

import pytest
import torch

from hondo.core.types import DepthKind
from hondo.models.registry.build_model import build_model


@pytest.mark.parametrize(("size", "millions"), [("s", 24.7), ("b", 97.5), ("l", 335.3)])
def test_parameters_are_those_published(size: str, millions: float) -> None:
    """24.8, 97.5 and 335.3 million in the authors' table."""
    with torch.device("meta"):
        model = build_model(f"depth-anything-{size}", weights="random")
    assert sum(p.numel() for p in model.parameters()) / 1e6 == pytest.approx(millions, rel=0.01)
    assert model.kind is DepthKind.RELATIVE_INVERSE_DEPTH
    assert model.input_spec.multiple_of == 14 and model.input_spec.size_hw == (518, 518)
    assert model.input_spec.mean == (0.485, 0.456, 0.406)


def test_grids_of_odd_sides_and_portraits() -> None:
    model = build_model("depth-anything-s", weights="random", hooks=(0, 1, 2, 3))
    with torch.no_grad():
        for size in ((42, 70), (71, 43)):
            assert model(torch.rand(1, 3, *size))[0].shape == (1, 1, *size)
