"""build_model: names, checkpoints, run folders, options, and what it refuses."""

import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from hondo.core.errors import HondoError, HondoWarning
from hondo.core.types import InputSpec
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.weights_file import save_model
from hondo.models.published.published import Published
from hondo.models.registry import build_model as build_model_module
from hondo.models.registry import zoo
from hondo.models.registry.build_model import build_model
from hondo.models.registry.variant import Origin

SMALL = {"encoder": "light", "width": 0.25, "size_hw": (64, 96)}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = build_model("unet", weights="random", **SMALL)
    path = tmp_path_factory.mktemp("zoo") / "m.safetensors"
    return save_model(model, path, licence="Apache-2.0", training={})


def first_weight(model: DepthModel) -> torch.Tensor:
    return next(model.parameters())


def test_a_name_gives_a_model_in_eval_mode() -> None:
    model = build_model("unet", **SMALL)
    assert isinstance(model, DepthModel) and not model.training
    assert model.name == "unet"
    assert model.options == SMALL | {"min_depth": 0.1, "max_depth": 100.0, "kind": None, "in_channels": 3}
    assert model.kind.value == "scaled_inverse_depth"


def test_unknown_models_get_the_nearest_names() -> None:
    with pytest.raises(HondoError, match=r"did you mean.*unet-resnet18"):
        build_model("unet-resnet81")


def test_unknown_options_are_named_with_the_allowed_ones() -> None:
    with pytest.raises(HondoError, match="'unet' has no option 'heads'; it has: encoder, in_channels, kind, max_depth"):
        build_model("unet", heads=3)


@pytest.mark.parametrize("options", [{"width": "wide"}, {"width": True}, {"encoder": 5}, {"pretrained": 1}])
def test_options_of_another_type_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(HondoError, match="of model 'unet' is a"):
        build_model("unet", **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size_hw": (100, 96)}, "multiple of 32"),
        ({"kind": "metres"}, "unknown kind of depth 'metres'"),
        ({"encoder": "resnt18"}, "unknown encoder 'resnt18'; did you mean"),
        ({"min_depth": 5.0, "max_depth": 1.0}, "min_depth < max_depth"),
        ({"width": -1.0}, "width must be positive"),
    ],
)
def test_options_with_a_wrong_value_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(HondoError, match=message):
        build_model("unet", **SMALL | options)


def test_a_checkpoint_builds_with_its_own_options(checkpoint: Path) -> None:
    model = build_model(checkpoint)
    assert (model.name, model.options["width"], model.input_spec.size_hw) == ("unet", 0.25, (64, 96))
    assert torch.equal(first_weight(model), first_weight(build_model("unet", weights=checkpoint)))
    assert build_model(str(checkpoint), size_hw=(128, 96)).input_spec.size_hw == (128, 96)


def test_nothing_of_a_loaded_model_stays_on_the_meta_device(checkpoint: Path) -> None:
    model = build_model(checkpoint)
    assert not any(tensor.is_meta for tensor in (*model.parameters(), *model.buffers()))


def test_the_input_spec_of_a_checkpoint_counts(tmp_path: Path) -> None:
    model = build_model("unet", weights="random", **SMALL)
    spec = InputSpec(size_hw=(32, 32), std=(0.5, 0.5, 0.5))
    model.set_input_spec(spec)
    save_model(model, tmp_path / "m.safetensors", licence="Apache-2.0", training={})
    again = build_model(tmp_path / "m.safetensors")
    assert again.input_spec == spec and again.normalise.std.flatten().tolist() == [0.5, 0.5, 0.5]


def test_a_run_folder_gives_best_then_last(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(HondoError, match="no run folder"):
        build_model(tmp_path)
    (tmp_path / "checkpoints").mkdir()
    other = build_model("unet", weights="random", **SMALL)
    save_model(other, tmp_path / "checkpoints" / "last.safetensors", licence="Apache-2.0", training={})
    assert torch.equal(first_weight(build_model(tmp_path)), first_weight(other))
    shutil.copy(checkpoint, tmp_path / "checkpoints" / "best.safetensors")
    assert torch.equal(first_weight(build_model(tmp_path)), first_weight(build_model(checkpoint)))
    assert torch.equal(first_weight(build_model("unet", weights=tmp_path)), first_weight(build_model(checkpoint)))


def test_weights_of_another_model_are_refused_or_reported(checkpoint: Path) -> None:
    with pytest.raises(HondoError, match="do not fit model 'unet-light'"):
        build_model("unet-light", weights=checkpoint)
    with pytest.warns(HondoWarning, match="were left out.* of another shape"):
        model = build_model("unet-light", weights=checkpoint, strict=False)
    assert torch.equal(first_weight(model), first_weight(build_model(checkpoint)))  # the encoder fits
    assert not any(tensor.is_meta for tensor in model.parameters())


def test_packaged_weights_are_the_default(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(zoo.PACKAGED_WEIGHTS, "unet", tmp_path / "unet.safetensors")
    shutil.copy(checkpoint, tmp_path / "unet.safetensors")
    assert torch.equal(first_weight(build_model("unet")), first_weight(build_model(checkpoint)))
    assert not torch.equal(first_weight(build_model("unet", weights="random")), first_weight(build_model(checkpoint)))
    with pytest.raises(HondoError, match="weights='random' to build it untrained"):
        build_model("unet", width=0.5)


def test_published_files_go_to_the_reader_of_the_variant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "theirs.pt"
    with pytest.raises(HondoError, match="do not exist"):
        build_model("unet", weights=file, **SMALL)
    file.write_bytes(b"x")
    with pytest.raises(HondoError, match="reads hondo's own"):
        build_model("unet", weights=file, **SMALL)
    tensors = {key: torch.ones_like(value) for key, value in build_model("unet", **SMALL).state_dict().items()}
    read: list[Path] = []

    def reader(path: Path) -> Published:
        read.append(path)
        return Published(tensors=tensors, options=SMALL)

    monkeypatch.setattr(zoo.ZOO["unet"], "origin", Origin(source="them", licence="MIT", read=reader), raising=False)
    model = build_model("unet", weights=file)
    assert read == [file] and not model.training
    assert all((parameter == 1).all() for parameter in model.parameters())
    assert model.options["width"] == SMALL["width"]  # the file decides it


def test_published_files_that_do_not_fit_say_what_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "theirs.pt"
    file.write_bytes(b"x")
    origin = Origin(
        source="them",
        licence="MIT",
        read=lambda path: Published(tensors=build_model("unet-light", weights="random").state_dict()),
    )
    for name in ("unet-resnet18", "unet-light"):
        monkeypatch.setattr(zoo.ZOO[name], "origin", origin, raising=False)
    with pytest.raises(HondoError, match=r"\d+ missing: .*, \.\.\.; \d+ unexpected: .*the file fits unet-light"):
        build_model("unet-resnet18", weights=file)


def test_a_warm_start_says_how_much_was_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "theirs.pt"
    file.write_bytes(b"x")
    state = build_model("unet-light", weights="random").state_dict()
    encoder = {key: torch.ones_like(value) for key, value in state.items() if ".encoder." in key}
    origin = Origin(source="them", licence="MIT", read=lambda path: Published(tensors=encoder))
    monkeypatch.setattr(zoo.ZOO["unet-light"], "origin", origin, raising=False)
    with pytest.warns(HondoWarning) as warned:
        model = build_model("unet-light", weights=file, strict=False)
    total = sum(parameter.numel() for parameter in model.parameters())
    loaded = sum(parameter.numel() for parameter in model.network.encoder.parameters())
    assert f"{100 * loaded / total:.0f} % of the weights" in str(warned[0].message)
    assert all((parameter == 1).all() for parameter in model.network.encoder.parameters())


@pytest.mark.parametrize(
    ("name", "message"),
    [("no.safetensors", "does not exist"), ("x.onnx", "hondo.load"), ("x.pt", "unknown model")],
)
def test_files_that_cannot_be_built_are_refused(name: str, message: str) -> None:
    with pytest.raises(HondoError, match=message):
        build_model(name)


def test_a_file_that_is_no_model_is_not_taken_for_a_misspelt_name(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"x")
    with pytest.raises(HondoError, match=r"photo\.jpg is no model file; give a \.safetensors"):
        build_model(tmp_path / "photo.jpg")


def test_a_checkpoint_takes_no_second_weights(checkpoint: Path) -> None:
    with pytest.raises(HondoError, match="already holds weights"):
        build_model(checkpoint, weights="random")


def test_a_checkpoint_of_a_model_we_do_not_have(tmp_path: Path) -> None:
    model = build_model("unet", weights="random", **SMALL)
    model.name = "unet-of-tomorrow"
    save_model(model, tmp_path / "m.safetensors", licence="Apache-2.0", training={})
    with pytest.raises(HondoError, match=r"this version does not have.*unet-of-tomorrow"):
        build_model(tmp_path / "m.safetensors")


@pytest.mark.parametrize(
    ("name", "is_warned"),
    [("depth-anything-s-indoor", False), ("depth-anything-s-outdoor", True), ("depth-anything-s", True)],
)
def test_a_file_named_after_another_model_is_reported(name: str, is_warned: bool) -> None:
    with pytest.warns(HondoWarning, match="'depth-anything-s-indoor'") if is_warned else nullcontext():
        build_model_module._warn_if_named_after_another(name, Path("depth_anything_v2_metric_hypersim_vits.pth"))


def test_a_folder_of_hugging_face_is_read_by_the_published_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = build_model("unet-light", weights="random")
    save_file(model.state_dict(), tmp_path / "model.safetensors", metadata={"format": "pt"})
    origin = Origin(source="test", licence="", read=lambda path: Published(tensors=load_file(path)))
    monkeypatch.setattr(zoo.ZOO["unet-light"], "origin", origin, raising=False)
    read = build_model("unet-light", weights=tmp_path)
    assert torch.equal(first_weight(read), first_weight(model))
