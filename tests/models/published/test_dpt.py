"""Files of DPT and of the thesis's hybrids against the authors' outputs; and what a file says of itself."""

from pathlib import Path

import pytest
import torch

from hondo.core.types import DepthKind
from hondo.models.zoo import build_model
from tests.models.published.vectors import load_vectors, relative_difference, write_checkpoint

CASES = {
    "dpt-hybrid": ("dpt-hybrid", {}, DepthKind.RELATIVE_INVERSE_DEPTH),
    "dpt-hybrid-kitti": ("dpt-hybrid-kitti", {}, DepthKind.METRIC_DEPTH),
    "thesis_rn50_standard_1_0-1": ("dpt-thesis", {"num_heads": 1}, DepthKind.METRIC_DEPTH),
    "thesis_rn50_performer_12_8-11": ("dpt-thesis", {}, DepthKind.METRIC_DEPTH),
}


@pytest.mark.parametrize("vector", CASES)
def test_dpt_computes_what_its_authors_computed(shared_reference: Path, tmp_path: Path, vector: str) -> None:
    name, options, kind = CASES[vector]
    path = write_checkpoint(shared_reference, vector, tmp_path)
    vectors = load_vectors(shared_reference, vector)
    model = build_model(name, weights=path, **options)
    with torch.no_grad():
        ours = model(vectors["in_image"])
    assert model.kind is kind
    assert relative_difference(ours[0][:, 0], vectors["out_prediction"]) <= 1e-4
    path.unlink()  # half a gigabyte
