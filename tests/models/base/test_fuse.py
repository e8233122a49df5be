"""The form of a model that engines run: the same maps from cheaper parts."""

from collections import OrderedDict
from typing import Any

import pytest
import torch
from torch import nn

from hondo.core.types import DepthKind, InputSpec
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.fuse import cheaper, fuse_for_inference
from hondo.models.registry.build_model import build_model
from hondo.nn.upsampling.pixel_shuffle import BlockShuffle, PatchConv, shuffle_head
from hondo.nn.upsampling.resized_conv import ConvBeforeResize, ResizedConv
from hondo.nn.upsampling.upsample_conv import BilinearUpsample, ConvBilinearUpsample, FoldedUpsampleConv, UpsampleConv
from tests.contracts.tiny import TINY

MODELS: dict[str, dict[str, Any]] = {
    "adabins-nyu": {"encoder": "timm:tf_efficientnet_lite0", "bins": 16, "width": 256, "dim": 8},
    "dpt-hybrid-kitti": TINY["dpt-hybrid-kitti"],
    "hondo-nano": {},
    "monodepth2": {},
    "unet-light": {},
    "vtdepth-b0": {},
}


def of_kind(model: nn.Module, kind: type[nn.Module]) -> int:
    return sum(isinstance(part, kind) for part in model.modules())


@pytest.mark.parametrize("name", MODELS)
def test_the_maps_are_equal_up_to_rounding(name) -> None:
    torch.manual_seed(0)
    model = build_model(name, weights="random", **MODELS[name])
    form = fuse_for_inference(model)
    image = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        for given, wanted in zip(form(image), model(image), strict=True):
            spread = (wanted.max() - wanted.min()).item()
            torch.testing.assert_close(given, wanted, rtol=1e-5, atol=1e-4 * spread)


def test_the_model_itself_stays_as_it_was() -> None:
    model = build_model("vtdepth-b0", weights="random")
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    form = fuse_for_inference(model.train())
    assert model.training and not form.training
    assert of_kind(model, UpsampleConv) and not of_kind(form, UpsampleConv)
    assert of_kind(form, FoldedUpsampleConv) == of_kind(model, UpsampleConv) and of_kind(form, PatchConv)
    after = model.state_dict()
    assert before.keys() == after.keys() and all(torch.equal(after[name], before[name]) for name in before)


def test_a_shuffle_head_keeps_its_map_and_its_relu_joins_the_convolution() -> None:
    torch.manual_seed(0)
    head = shuffle_head(6, width=8, is_light=True)
    form = cheaper(head)
    assert [type(layer).__name__ for layer in form][:3] == ["Conv2d", "ReLU", "BlockShuffle"]
    x = torch.randn(1, 6, 4, 8)
    torch.testing.assert_close(form(x), head(x))


def test_parts_made_for_one_size_are_left_out_where_any_size_may_come() -> None:
    model = build_model("adabins-nyu", weights="random", **MODELS["adabins-nyu"])
    assert of_kind(fuse_for_inference(model), ConvBeforeResize) == of_kind(model, ResizedConv) == 4
    assert of_kind(fuse_for_inference(model, any_size=True), ConvBeforeResize) == 0


def test_depth_is_enlarged_by_a_convolution() -> None:
    model = build_model("hondo-nano", weights="random")
    assert isinstance(fuse_for_inference(model).network.enlarge, ConvBilinearUpsample) and isinstance(
        model.network.enlarge, BilinearUpsample
    )


def test_kinds_that_an_engine_leaves_stay_and_so_does_the_map() -> None:
    torch.manual_seed(0)
    model = build_model("vtdepth-b0", weights="random").eval()
    form = fuse_for_inference(model, not_fused=(UpsampleConv, nn.Sequential))
    assert of_kind(form, UpsampleConv) == of_kind(model, UpsampleConv) and of_kind(form, BlockShuffle) == 0
    assert of_kind(form, PatchConv) and of_kind(fuse_for_inference(model), BlockShuffle)
    image = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        torch.testing.assert_close(form(image)[0], model(image)[0], rtol=1e-5, atol=1e-5)


def test_parts_without_a_cheaper_form_stay() -> None:
    conv = nn.Conv2d(4, 8, 3)
    assert cheaper(conv) is conv


def test_layers_that_are_found_by_their_names_keep_them() -> None:
    """DenseNets of BTS take their maps at layers of a sequence by name."""
    named = nn.Sequential(OrderedDict(norm0=nn.Conv2d(3, 4, 1), pool0=nn.ReLU()))
    spec = InputSpec(size_hw=(8, 8), multiple_of=1, mean=(0, 0, 0), std=(1, 1, 1))
    model = DepthModel(named, name="m", kind=DepthKind.METRIC_DEPTH, input_spec=spec).eval()
    assert [name for name, _ in fuse_for_inference(model).network.named_children()] == ["norm0", "pool0"]
