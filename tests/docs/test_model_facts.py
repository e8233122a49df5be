"""The line of a model in ``hondo models``."""

import shutil
from pathlib import Path

import pytest
from torch import nn

from docs.model_facts import model_facts, weights_and_licence
from hondo.models.base.weights_file import save_model
from hondo.models.registry import zoo
from hondo.models.registry.build_model import build_model
from hondo.models.registry.variant import Origin


def test_the_facts_of_resnet18() -> None:
    facts = model_facts("unet-resnet18")
    assert (facts.family, facts.size_hw, facts.kind) == ("unet", (192, 640), "scaled_inverse_depth")
    assert facts.parameters == 14_329_236  # 11,176,512 of ResNet-18 without its classifier; 3,152,724 of the decoder
    assert 8.0e9 < facts.macs < 8.1e9  # published for monodepth2: 8.0 G
    assert "encoder from timm" in facts.weights and facts.licence == "apache-2.0"


def test_a_pose_network_has_facts_too() -> None:
    facts = model_facts("nano-pose")
    assert (facts.family, facts.kind, facts.weights) == ("pose", "pose", "random")
    assert facts.parameters < 1_000_000


def test_packaged_weights_state_their_licence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = build_model("unet-light", weights="random")
    file = save_model(model, tmp_path / "m.safetensors", licence="CC0-1.0", training={})
    monkeypatch.setitem(zoo.PACKAGED_WEIGHTS, "unet-light", tmp_path / "unet-light.safetensors")
    shutil.copy(file, tmp_path / "unet-light.safetensors")
    assert weights_and_licence("unet-light", model=model) == ("in the package", "CC0-1.0")


def test_published_weights_state_their_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo.ZOO["unet"], "origin", Origin(source="them", licence="MIT"), raising=False)
    assert weights_and_licence("unet", model=nn.Identity()) == ("them", "MIT")
