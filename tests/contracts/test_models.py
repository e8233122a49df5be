"""What every model of the zoo keeps: an entry is tested by being in the table."""

from copy import deepcopy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from hondo.core.types import DepthKind
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.fuse import fuse_for_inference
from hondo.models.base.multi_frame import MultiFrameModel
from hondo.models.base.pose_model import PoseModel
from hondo.models.base.weights_file import save_model
from hondo.models.registry.build_model import build_model
from hondo.models.registry.zoo import NOT_EXPORTABLE, ZOO, Model
from tests.contracts.tiny import TINY

ODD_SIZES = ((61, 97), (130, 35), (20, 31))
EXPORTED: set[str] = set()  # tiny members of a family are often the same network: exported once in a process
# Whose stages hold more of the same blocks than those of a smaller sibling: exported with two of each.
REPEATING = ("unet-convnext-atto", "unet-resnet50", "vtdepth-b2", "vtdepth-pcpvt", "vtdepth-pvtv1-small")
# Whose parts other members show: exported at their full size only, by the slow test.
SLOW_EXPORTS = (
    "unet-swin-t", "unet-pvtv2-b0", "vtdepth-a0", "vtdepth-swin-t", "vtdepth-svt", "vit-middle", "puretransformer",
)  # fmt: skip
ENDS_IN_RELU = ("fastdepth", "fastdepth-pruned")  # metric depth that may be 0, as published


# As a smaller sibling but for its depth or width; with those that tests build alike (TINY) in `make test-slow`.
LARGER = ("unet-resnet50", "vtdepth-b1", "vtdepth-b2", "vtdepth-pvtv1-small")
HEADS = ("depth-anything-s-indoor",)  # the encoder of a sibling with another head


def members() -> list[Any]:
    """Every model; those whose like was tested already are slow tests."""
    seen: list[Any] = []
    marked = []
    for name in ZOO:
        tiny = TINY.get(name)
        is_alike = name in LARGER or (tiny is not None and tiny in seen and name not in HEADS)
        marked.append(pytest.param(name, marks=pytest.mark.slow if is_alike else ()))
        seen.append(tiny)
    return marked


@pytest.fixture(scope="module", params=members())
def model(request: pytest.FixtureRequest) -> Model:
    """Fresh weights: the laws do not depend on training."""
    torch.manual_seed(0)
    try:
        return build_model(request.param, weights="random", **TINY.get(request.param, {}))
    except ModuleNotFoundError as error:
        if "hondo.models" in str(error):
            pytest.fail(f"the table names a module that does not exist: {error}")
        raise


def images(model: Model, *, size_hw: tuple[int, int], count: int = 1) -> tuple[Tensor, ...]:
    """What ``forward`` takes; of a multi-frame model with an earlier frame and K, so that all of it runs."""
    images = tuple(torch.rand(count, 3, *size_hw) for _ in range(model.num_images))
    if not isinstance(model, MultiFrameModel):
        return images
    height, width = size_hw
    K = torch.tensor([[0.6 * width, 0.0, width / 2], [0.0, 0.6 * width, height / 2], [0.0, 0.0, 1.0]])
    return *images, torch.rand(count, model.num_previous, 3, *size_hw), K.expand(count, 3, 3)


def outputs(model: Model, images: tuple[Tensor, ...]) -> list[Tensor]:
    out = model(*images)
    return [out] if isinstance(out, Tensor) else out


@pytest.fixture(scope="module")
def factors(model: Model) -> list[int]:
    """How many times as large as each of its maps a depth model's input is."""
    if isinstance(model, PoseModel):
        return []
    height, width = model_size(model)
    with torch.no_grad():
        return [height // values.shape[2] for values in model(torch.rand(1, 3, height, width))]


@pytest.mark.parametrize("size_hw", ODD_SIZES)
def test_output_is_finite_and_of_the_right_shape(model: Model, factors: list[int], size_hw: tuple[int, int]) -> None:
    with torch.no_grad():
        out = outputs(model, images(model, size_hw=size_hw, count=2))
    assert all(torch.isfinite(values).all() for values in out)
    if isinstance(model, PoseModel):
        assert out[0].shape == (2, 4, 4)
        return
    assert factors == sorted(factors), "finest first"
    for values, factor in zip(out, factors, strict=True):
        assert values.shape == (2, 1, -(-size_hw[0] // factor), -(-size_hw[1] // factor))


def test_says_what_it_is(model: Model) -> None:
    assert model.name in ZOO and not model.training
    if isinstance(model, DepthModel):
        assert isinstance(model.kind, DepthKind)
        with torch.no_grad():
            finest = model(torch.rand(1, 3, 64, 96))[0]
        assert finest.min() > 0 if model.kind.is_metric and model.name not in ENDS_IN_RELU else finest.min() >= 0
    else:
        assert model.kind == "pose"


def test_every_parameter_gets_a_gradient(model: Model) -> None:
    model.zero_grad()
    torch.manual_seed(1)
    model.train()
    try:
        shown_images = images(model, size_hw=(64, 96), count=2)
        out = outputs(model, shown_images)
        if isinstance(model, MultiFrameModel):  # matching is without gradient: poses learn from photometry
            out = [*out, model.poses(*shown_images[:2])]
        sum(values.square().mean() for values in out).backward()
    finally:
        model.eval()
    without = [name for name, parameter in model.named_parameters() if parameter.grad is None]
    bad = [name for name, p in model.named_parameters() if p.grad is not None and not torch.isfinite(p.grad).all()]
    assert not without and not bad


def test_bf16_autocast_stays_finite(model: Model) -> None:
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        out = outputs(model, images(model, size_hw=(64, 96)))
    assert all(torch.isfinite(values).all() for values in out)


def test_weights_and_images_of_16_bits_do(model: Model) -> None:
    """As files in fp16 compute."""
    shown_images = [each.half() for each in images(model, size_hw=(64, 96))]
    with torch.no_grad():
        out = outputs(deepcopy(model).half(), shown_images)
    assert all(torch.isfinite(values).all() for values in out)


def test_a_checkpoint_gives_the_same_output(model: Model, tmp_path) -> None:
    shown_images = images(model, size_hw=(64, 96))
    again = build_model(save_model(model, tmp_path / "m.safetensors", licence="Apache-2.0", training={}))
    assert type(again) is type(model) and again.options == model.options and again.input_spec == model.input_spec
    assert repr(again) == repr(model)  # every layer and its settings
    for before, after in ((held(model), held(again)), (model.state_dict(), again.state_dict())):
        assert before.keys() == after.keys() and all(torch.equal(before[key], after[key]) for key in before)
    with torch.no_grad():
        for a, b in zip(outputs(model, shown_images), outputs(again, shown_images), strict=True):
            # Kernels sum in an order that memory's alignment decides: the last digits may differ, of the largest value.
            assert (a - b).abs().max() <= 2e-6 * a.abs().max()


def held(model: Model) -> dict[str, Tensor]:
    """Parameters and buffers, those outside the state dict too."""
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}


def test_builds_on_the_meta_device(model: Model) -> None:
    with torch.device("meta"):
        empty = build_model(model.name, weights="random", **TINY.get(model.name, {}))
    assert all(parameter.is_meta for parameter in empty.parameters())
    empty.load_state_dict(model.state_dict(), assign=True)
    assert not any(parameter.is_meta for parameter in empty.parameters())


def test_exports_unless_declared(model: Model, *, as_published: bool = False) -> None:
    shown_images = images(model, size_hw=model_size(model))
    if model.name in NOT_EXPORTABLE:
        with pytest.raises(Exception):  # noqa: B017 (whatever stops it: the declaration must be true)
            torch.export.export(model, shown_images)
        return
    if model.name in SLOW_EXPORTS and not as_published:
        pytest.skip("exported at full size by a slow test")
    if model.name in REPEATING and not as_published:
        model = with_two_of_each(model)
    form = fuse_for_inference(model) if isinstance(model, DepthModel) else model  # what engines take
    same = f"{model.kind} {form!r}"
    if same in EXPORTED:
        return
    EXPORTED.add(same)
    exported = torch.export.export(form, shown_images).module()
    with torch.no_grad():
        for a, b in zip(outputs(model, shown_images), outputs(exported, shown_images), strict=True):
            assert torch.allclose(a, b, atol=1e-5)


def with_two_of_each(model: Model) -> Model:
    """A copy without the blocks of a stage that come after two of the same."""
    copied = deepcopy(model)
    for stage in [each for each in copied.modules() if type(each) in (nn.ModuleList, nn.Sequential)]:
        blocks = [repr(block) for block in stage]
        for index in reversed(range(2, len(blocks))):
            if blocks[index] == blocks[index - 1] == blocks[index - 2]:
                del stage[index]
    return copied


@pytest.mark.slow
@pytest.mark.parametrize("name", [*TINY, *REPEATING, *SLOW_EXPORTS])
def test_a_member_of_full_size_exports(name: str) -> None:
    """What the laws above see as a tiny member, as it is published."""
    torch.manual_seed(0)
    test_exports_unless_declared(build_model(name, weights="random"), as_published=True)


def model_size(model: Model) -> tuple[int, int]:
    side = model.input_spec.multiple_of
    return max(side, 64 // side * side), max(side, 96 // side * side)
