"""Networks that also look at earlier frames, on engines whose graphs take a fixed number of inputs."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

import hondo
from hondo.core.types import Camera
from hondo.engines.load import load
from hondo.engines.tracing.graph_inputs import alone, driving, shapes_of
from hondo.evaluate.parity.parity import Parity, export_checked
from hondo.models.base.multi_frame import MultiFrameModel
from hondo.models.families.manydepth import manydepth
from tests.engines.multi_frame import tiny_multi_frame

SIZE = (64, 96)
CAMERA = Camera(fx=60, fy=60, cx=48, cy=32, size_hw=SIZE)
FILES = {"openvino": "net.xml", "onnx": "net.onnx"}


@pytest.fixture(scope="module", params=["tiny", pytest.param("manydepth", marks=pytest.mark.slow)])
def model(request: pytest.FixtureRequest) -> MultiFrameModel:
    torch.manual_seed(0)
    if request.param == "manydepth":
        return manydepth(num_depths=8, depth_range=(0.5, 5.0), size_hw=SIZE).eval()
    return tiny_multi_frame(size_hw=SIZE)


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    coarse = np.random.default_rng(0).integers(0, 256, (3, 16, 24, 3), dtype=np.uint8)
    return coarse.repeat(4, axis=1).repeat(4, axis=2)


@pytest.fixture(scope="module")
def exported(model: MultiFrameModel, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Parity]]:
    """The file of an engine, made at the first call, and how far it is from the model."""

    @cache
    def export(engine: str) -> tuple[Path, Parity]:
        path = tmp_path_factory.mktemp(engine) / FILES[engine]
        return path, export_checked(model, path, engine=engine, size_hw=SIZE)

    return export


def maps(predictor, frames: np.ndarray) -> list[np.ndarray]:
    session = predictor.start(CAMERA)
    return [session(frame).values for frame in frames]


@pytest.mark.parametrize("engine", FILES)
def test_a_session_of_an_exported_file_is_that_of_torch(
    model: MultiFrameModel, frames: np.ndarray, engine: str, exported: Callable[[str], tuple[Path, Parity]]
) -> None:
    path, parity = exported(engine)
    assert parity.passed and parity.images == 2
    file, torch_ = hondo.load(path), load(model, engine="torch", device="cpu")
    assert file.num_previous == 1
    for ours, theirs in zip(maps(file, frames), maps(torch_, frames), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
    np.testing.assert_allclose(file(frames[2]).values, torch_(frames[2]).values, atol=1e-4)  # an image alone
    [many] = file.predict_many(frames[2:])
    np.testing.assert_allclose(many.values, torch_(frames[2]).values, atol=1e-4)


def test_a_model_is_served_at_other_sizes(model: MultiFrameModel, frames: np.ndarray) -> None:
    cropped = np.ascontiguousarray(frames[:, :, :64])
    camera = Camera(fx=60, fy=60, cx=32, cy=32, size_hw=(64, 64))
    served = load(model, engine="openvino", size_hw=(64, 64)).start(camera)
    wanted = load(model, engine="torch", device="cpu", size_hw=(64, 64)).start(camera)
    for frame in cropped:
        np.testing.assert_allclose(served(frame).values, wanted(frame).values, atol=1e-4)


def test_other_runtimes_find_every_input_by_name(exported: Callable[[str], tuple[Path, Parity]]) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(exported("onnx")[0])
    assert {each.name: tuple(each.shape) for each in session.get_inputs()} == shapes_of((1, 3, *SIZE), num_previous=1)
    header = json.loads(session.get_modelmeta().custom_metadata_map["hondo"])
    assert header["num_previous"] == 1


def test_frames_of_zeros_are_none() -> None:
    image = np.random.default_rng(0).random((2, 3, *SIZE), dtype=np.float32)
    assert alone(image, num_previous=0) == (image,) == driving(image, num_previous=0)
    _, previous, K = alone(image, num_previous=2)
    assert previous.shape == (2, 2, 3, *SIZE) and not previous.any() and K.shape == (2, 3, 3)


def test_made_up_frames_show_the_image_from_farther_and_farther_away() -> None:
    image = np.zeros((1, 3, 65, 97), dtype=np.float32)
    image[:, :, 12:53, 18:79] = 1
    _, previous, K = driving(image, num_previous=2)
    areas = [float(each.sum()) for each in (image, previous[:, 0], previous[:, 1])]
    np.testing.assert_allclose([areas[1] / areas[0], areas[2] / areas[0]], [0.96**2, 0.92**2], atol=0.01)
    np.testing.assert_allclose(previous, previous[..., ::-1, ::-1], atol=1e-5)  # about the middle
    assert K[0, 0, 2] == pytest.approx(97 / 2)
