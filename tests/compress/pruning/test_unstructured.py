"""Zeros by every criterion, the solver, and rounds."""

import pytest
import torch

from hondo.compress.compressor import Tools
from hondo.compress.pruning.layer_solver import sparsified
from hondo.compress.pruning.unstructured import SCORES, sparse_weights, sparsify, zeros_in
from hondo.compress.steps import compress
from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel


@pytest.mark.parametrize("per_layer", [False, True])
@pytest.mark.parametrize("by", SCORES)
def test_the_share_of_zeros(cnn: DepthModel, tools: Tools, by: str, per_layer: bool) -> None:
    made = sparsify(cnn, 0.6, by=by, per_layer=per_layer, tools=tools).model
    assert zeros_in(made) == pytest.approx(0.6, abs=0.02)
    if per_layer:
        shares = [float((each == 0).float().mean()) for each in sparse_weights(made).values()]
        assert min(shares) == pytest.approx(0.6, abs=0.01) == max(shares)
    assert set(made.packing) == set(sparse_weights(made))


def test_magnitude_removes_the_smallest(cnn: DepthModel) -> None:
    made = sparsify(cnn, 0.5, per_layer=True).model
    before = sparse_weights(cnn)
    for name, after in sparse_weights(made).items():
        assert before[name][after == 0].abs().max() <= before[name][after != 0].abs().min()


def test_no_layer_is_emptied_and_that_is_said(cnn: DepthModel) -> None:
    result = sparsify(cnn, 0.995)
    assert all(each.count_nonzero() > 0 for each in sparse_weights(result.model).values())
    assert "no layer is emptied" in str(result.kept)


def test_rounds_end_at_the_share_and_keep_zeros(cnn: DepthModel, tools: Tools) -> None:
    made = sparsify(cnn, 0.8, rounds=3, tools=tools).model
    assert zeros_in(made) == pytest.approx(0.8, abs=0.02)
    dense = next(name for name, each in made.named_parameters() if name not in made.packing)
    assert not torch.equal(dict(made.named_parameters())[dense], dict(cnn.named_parameters())[dense]), "it was trained"


def test_the_solver_beats_magnitude_on_its_inputs() -> None:
    torch.manual_seed(0)
    weight, x = torch.randn(16, 160), torch.randn(160, 160) @ torch.randn(160, 900)
    solved = sparsified(weight, x @ x.t(), sparsity=0.6)
    smallest = weight * (weight.abs() > weight.abs().flatten().kthvalue(round(0.6 * weight.numel())).values)
    assert float((solved == 0).float().mean()) == pytest.approx(0.6, abs=0.01)
    assert ((solved - weight) @ x).square().sum() < 0.9 * ((smallest - weight) @ x).square().sum()


def test_obs_on_a_model(plain) -> None:
    images = [torch.rand(1, 3, 64, 64)]
    made = sparsify(plain, 0.5, by="obs", tools=Tools(images=images)).model
    weight = dict(made.named_parameters())["network.encoder.blocks.0.mlp.fc1.weight"]
    assert float((weight == 0).float().mean()) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("text", "message"),
    [("sparse=luck:0.9", "unknown pruning criterion"), ("sparse=obs:0.5", "calibration images"),
     ("sparse=magnitude", "must be a criterion")],
)  # fmt: skip
def test_wrong_text_is_refused(cnn: DepthModel, text: str, message: str) -> None:
    with pytest.raises(HondoError, match=message):
        compress(cnn, text)
