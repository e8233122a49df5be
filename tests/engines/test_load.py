"""hondo.load: which engine serves what, how sizes and precisions are chosen, what is refused."""

import pickle
from importlib.util import find_spec

import numpy as np
import pytest
import torch

import hondo
from hondo.core.errors import HondoError
from hondo.engines.base.engine import ExportOptions
from hondo.engines.load import ModelSettings, check_size_hw, has_no_weights, weights_file
from hondo.engines.registry import ENGINES
from hondo.models.base.flip_confidence import with_flip_confidence

QUICK = {"weights": "random", "engine": "torch", "size_hw": (32, 64)}
image = np.full((48, 96, 3), 120, np.uint8)


def test_a_name_of_the_zoo() -> None:
    predictor = hondo.load("unet-light", **QUICK)
    assert (predictor.name, predictor.engine, predictor.precision) == ("unet-light", "torch", "fp32")
    assert predictor.input_spec.size_hw == (32, 64)
    assert predictor(image).values.shape == (48, 96)


def test_an_unknown_name_gets_near_ones() -> None:
    with pytest.raises(HondoError, match="unet-light"):
        hondo.load("unet-lite")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("dpt-hybrid-kitti", r"comes without weights: get them from .*DPT.* \(.*\) and give weights=FILE"),
        ("unet-light", "train it and give the run folder as the model"),
    ],
)
def test_a_name_without_weights_is_refused_with_where_to_get_them(name: str, says: str) -> None:
    with pytest.raises(HondoError, match=says) as caught:
        hondo.load(name)
    assert 'weights="random" builds it untrained' in str(caught.value) and caught.value.field == "weights"


def test_what_has_weights() -> None:
    assert has_no_weights("dpt-large", None) and has_no_weights("unet-light", None)
    for model, weights in (("hondo-nano", None), ("dpt-large", "random"), ("runs/mine", None), ("nano-pose", None)):
        assert not has_no_weights(model, weights)


def test_a_pose_network_is_refused() -> None:
    with pytest.raises(HondoError, match="gives poses, not depth"):
        hondo.load("pose", **QUICK)


@pytest.mark.parametrize("engine", ["auto", "torch"])
def test_a_precision_is_refused_before_the_model_is_built(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hondo.engines.load.build_depth_model", lambda *given, **named: pytest.fail("it was built"))
    with pytest.raises(HondoError, match="precision 'int3' is not offered by torch; choose one of: fp32"):
        hondo.load("hondo-nano", engine=engine, precision="int3")


def test_weights_are_not_fetched_for_a_precision_that_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ModelSettings, "fetch", lambda *given: pytest.fail("weights were fetched"))
    with pytest.raises(HondoError, match="precision 'int3' is not offered by torch"):
        ModelSettings(engine="torch", precision="int3").load("depth-anything-s")


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(HondoError, match="unknown engine 'pytorc'; did you mean torch"):
        hondo.load("unet-light", weights="random", engine="pytorc")


def test_a_model_in_memory_and_its_alias(tiny_model) -> None:
    predictor = hondo.load(tiny_model, engine="torch")
    assert predictor.engine == "torch" and predictor.weights_file is None


def test_auto_takes_the_likely_fastest_where_no_trial_is_wanted(tiny_model) -> None:
    wanted = "openvino" if find_spec("openvino") and not torch.cuda.is_available() else "torch"
    assert hondo.load(tiny_model).engine == wanted


def test_an_own_checkpoint(tmp_path) -> None:
    model = hondo.build_model("unet-light", weights="random")
    path = ENGINES["torch"].export(model, tmp_path / "own.safetensors", ExportOptions(licence="MIT"))
    predictor = hondo.load(path, engine="torch", size_hw=(32, 64))
    assert predictor.weights_file == path
    np.testing.assert_array_equal(predictor(image).values, hondo.load(model, **QUICK | {"weights": None})(image).values)


def test_exported_files_stand_alone(tiny_model, tmp_path) -> None:
    pytest.importorskip("openvino")
    path = ENGINES["openvino"].export(tiny_model, tmp_path / "net.xml")
    predictor = hondo.load(str(path))
    assert predictor.engine == "openvino" and predictor(image).values.shape == (48, 96)
    with pytest.raises(HondoError, match="exported at 32x64; export it at 64x64"):
        hondo.load(path, size_hw=(64, 64))
    with pytest.raises(HondoError, match="does not run on engine 'torch'"):
        hondo.load(path, engine="torch")
    with pytest.raises(HondoError, match="holds its weights"):
        hondo.load(path, num_heads=1)


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(HondoError, match=r"gone\.onnx: no such file"):
        hondo.load(tmp_path / "gone.onnx")


def test_sizes_and_threads_are_checked(tiny_model) -> None:
    with pytest.raises(HondoError, match="multiple of 16"):
        hondo.load(tiny_model, engine="torch", size_hw=(33, 64))
    with pytest.raises(HondoError, match=r"must be \(height, width\).*got 192"):
        check_size_hw(192)
    with pytest.raises(HondoError, match="100000x100000 is over 30 megapixels"):
        hondo.load(tiny_model, engine="torch", size_hw=(100000, 100000))
    with pytest.raises(HondoError, match="threads must be at least 1"):
        hondo.load(tiny_model, engine="torch", threads=0)


def test_the_file_of_the_weights_is_found(tmp_path) -> None:
    run = tmp_path / "run" / "checkpoints"
    run.mkdir(parents=True)
    (run / "last.safetensors").touch()
    assert weights_file(tmp_path / "run", None) == run / "last.safetensors"
    assert weights_file("unet-light", run / "last.safetensors") == run / "last.safetensors"
    assert weights_file("unet-light", "random") is None
    assert weights_file("unet-light", None) is None


def test_a_pickle_loads_the_model_again() -> None:
    """Random weights too: the model goes with the pickle."""
    predictor = hondo.load("unet-light", **QUICK, camera=hondo.Camera(fx=50, fy=50, cx=48, cy=24, size_hw=(48, 96)))
    copy = pickle.loads(pickle.dumps(predictor.at_size((64, 64))))
    assert (copy.name, copy.engine, copy.input_spec.size_hw) == ("unet-light", "torch", (64, 64))
    assert copy.camera == predictor.camera and copy.process == predictor.process
    np.testing.assert_array_equal(copy(image).values, predictor.at_size((64, 64))(image).values)
    again = pickle.loads(pickle.dumps(copy))
    np.testing.assert_array_equal(again(image).values, copy(image).values)


def test_a_pickle_of_a_file_opens_it_again(tiny_model, tmp_path) -> None:
    path = ENGINES["onnx"].export(tiny_model, tmp_path / "tiny.onnx", ExportOptions(size_hw=(32, 64)))
    predictor = hondo.load(path, threads=1)
    pickled = pickle.dumps(predictor)
    assert len(pickled) < 2000
    np.testing.assert_array_equal(pickle.loads(pickled)(image).values, predictor(image).values)
    path.unlink()
    with pytest.raises(HondoError, match="no such file"):
        pickle.loads(pickled)


def test_settings_name_a_model_as_it_was_given(tiny_model, tmp_path) -> None:
    path = ENGINES["onnx"].export(tiny_model, tmp_path / "tiny8.onnx", ExportOptions(size_hw=(32, 64)))
    assert ModelSettings().load(str(path)).name == str(path)
    assert ModelSettings(engine="torch").load(tiny_model).name == "tiny"


@pytest.mark.parametrize("engine", ["torch", "onnx"])
def test_a_confidence_comes_beside_the_same_depth(engine: str, tmp_path) -> None:
    if find_spec({"torch": "torch", "onnx": "onnxruntime"}[engine]) is None:
        pytest.skip(f"{engine} is not installed")
    model = hondo.build_model("unet-light", weights="random")
    noise = np.random.default_rng(0).integers(0, 256, (48, 96, 3), dtype=np.uint8)
    plain = hondo.load(model, engine="torch", precision="fp32", size_hw=(32, 64))(noise)
    sure = hondo.load(model, engine=engine, precision="fp32", size_hw=(32, 64), confidence=True)
    depth_map = sure(noise)
    np.testing.assert_allclose(depth_map.values, plain.values, rtol=1e-3)
    assert plain.confidence is None and depth_map.confidence is not None
    assert depth_map.confidence.shape == (48, 96) and 0 <= depth_map.confidence.min() < depth_map.confidence.max() <= 1
    (many,) = sure.predict_many([noise])
    np.testing.assert_allclose(many.confidence, depth_map.confidence, atol=1e-4)


def test_a_file_holds_the_confidence_and_another_has_none(tmp_path) -> None:
    pytest.importorskip("onnxruntime")
    model, options = hondo.build_model("unet-light", weights="random"), ExportOptions(size_hw=(32, 64))
    for name, each in (("with", with_flip_confidence(model)), ("without", model)):
        ENGINES["onnx"].export(each, tmp_path / f"{name}.onnx", options)
    assert hondo.load(tmp_path / "with.onnx")(image).confidence is not None
    assert hondo.load(tmp_path / "without.onnx")(image).confidence is None
    with pytest.raises(HondoError, match="export it with confidence"):
        hondo.load(tmp_path / "without.onnx", confidence=True)
