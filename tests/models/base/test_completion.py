"""A model that sees measured points: they count where they are, padding and unmeasured pixels do not."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind
from hondo.models.base.completion import CompletionModel, spread
from hondo.models.base.weights_file import save_model
from hondo.models.registry.build_model import build_model

OPTIONS = {"encoder": "light", "width": 0.25, "in_channels": 5}
IMAGE = torch.rand(2, 3, 45, 70, generator=torch.Generator().manual_seed(0))
DEPTH = 1 + 5 * torch.rand(2, 1, 45, 70, generator=torch.Generator().manual_seed(1))
MEASURED = torch.rand(2, 1, 45, 70, generator=torch.Generator().manual_seed(2)) < 0.05


@pytest.fixture(scope="module")
def model() -> CompletionModel:
    torch.manual_seed(0)
    return build_model("unet", weights="random", **OPTIONS)


def answer(model, *inputs):
    with torch.no_grad():
        return model(*inputs)[0]


def test_it_is_a_metric_model_of_five_channels(model):
    assert isinstance(model, CompletionModel) and model.kind is DepthKind.METRIC_INVERSE_DEPTH
    assert answer(model, IMAGE, DEPTH, MEASURED).shape == (2, 1, 45, 70)


def test_measured_points_count_and_others_do_not(model):
    whole = answer(model, IMAGE, DEPTH, MEASURED)
    spoilt = torch.where(MEASURED, DEPTH, torch.nan)
    assert torch.equal(answer(model, IMAGE, spoilt, MEASURED), whole)
    assert not torch.equal(answer(model, IMAGE, 2 * DEPTH, MEASURED), whole)
    assert torch.equal(answer(model, IMAGE, DEPTH, MEASURED & False), answer(model, IMAGE))


def test_the_network_sees_logarithm_and_mask(model, monkeypatch):
    seen = []
    monkeypatch.setattr(model.network, "forward", lambda stacked: seen.append(stacked) or stacked[:, :1])
    answer(model, IMAGE, DEPTH, MEASURED)
    stacked = seen[0]
    torch.testing.assert_close(stacked[:, 3:4, :45, :70][MEASURED], DEPTH[MEASURED].log())
    assert torch.equal(stacked[:, 4:5, :45, :70] > 0, MEASURED)
    assert stacked[:, 4:, 45:].abs().sum() == 0 and stacked[:, 4:, :, 70:].abs().sum() == 0  # nothing in the padding


def test_measurements_are_spread_to_the_nearest_block():
    weight = torch.zeros(2, 1, 8, 7)
    weight[0, 0, 1, 0] = weight[0, 0, 6, 5] = weight[0, 0, 7, 5] = 1.0
    values = torch.where(weight > 0, torch.arange(56.0).view(8, 7), torch.nan).nan_to_num(9.0)
    filled = spread(values, weight)
    assert filled[0, 0, 0, 1] == 7 and filled[0, 0, 3, 3] == 7 and filled[0, 0, 1, 0] == 7
    assert filled[0, 0, 6, 4] == (47 + 54) / 2 and filled[0, 0, 7, 5] == 54 and filled[1].unique() == 0


def test_a_checkpoint_stays_a_completion_model(model, tmp_path):
    again = build_model(save_model(model, tmp_path / "m.safetensors", licence="", training={}))
    assert torch.equal(answer(again, IMAGE, DEPTH, MEASURED), answer(model, IMAGE, DEPTH, MEASURED))


def test_refusals(model):
    with pytest.raises(HondoError, match="come together"):
        model(IMAGE, DEPTH)
    with pytest.raises(HondoError, match=r"the size of the image, \(45, 70\), got \(20, 20\)"):
        model(IMAGE, DEPTH[..., :20, :20], MEASURED[..., :20, :20])
    with pytest.raises(HondoError, match="in_channels must be 3"):
        build_model("unet", weights="random", in_channels=4)
