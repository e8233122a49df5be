"""The examples for devices give the depth that hondo gives: NumPy + ONNX Runtime, and C++ + OpenVINO."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import hondo
from hondo.engines.base.engine import ExportOptions
from hondo.engines.registry import ENGINES
from hondo.images.read import write_image

ROOT = Path(__file__).resolve().parents[2]
DEVICE = ROOT / "examples" / "device.py"
CPP = ROOT / "examples" / "cpp"
SIZES = ((150, 230), (96, 130), (40, 50), (300, 90))  # shrunk, stretched, enlarged, letterboxed


def exported(engine: str, path: Path) -> Path:
    return ENGINES[engine].export(hondo.build_model("hondo-nano"), path, ExportOptions(size_hw=(96, 128)))


@pytest.fixture(scope="module")
def onnx_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported("onnx", tmp_path_factory.mktemp("exported") / "nano.onnx")


def image(size_hw: tuple[int, int]) -> np.ndarray:
    noise = np.random.default_rng(0).integers(0, 256, (*size_hw, 3), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 3)


def differs(values: np.ndarray, wanted: np.ndarray) -> float:
    """The median relative difference, up to one factor."""
    values = values * np.median(wanted) / np.median(values)
    return float(np.median(np.abs(values - wanted) / wanted))


def test_the_file_for_devices_needs_numpy_and_onnxruntime_alone() -> None:
    lines = [line for line in DEVICE.read_text().splitlines() if line.startswith(("import ", "from "))]
    imported = {line.split()[1].split(".")[0] for line in lines}
    assert imported - set(sys.stdlib_module_names) == {"numpy", "onnxruntime"}


@pytest.mark.slow
@pytest.mark.parametrize("size_hw", SIZES)
def test_depth_on_a_device_is_that_of_hondo(onnx_file: Path, size_hw: tuple[int, int], tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("hondo_example_device", DEVICE)
    assert spec and spec.loader
    device = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(device)
    rgb = image(size_hw)
    wanted = hondo.load(onnx_file)(rgb).values
    assert differs(device.Model(str(onnx_file))(rgb), wanted) < 0.01
    write_image(tmp_path / "photo.ppm", rgb)
    device.main(str(onnx_file), str(tmp_path / "photo.ppm"), str(tmp_path / "depth.png"))
    stored = cv2.imread(str(tmp_path / "depth.png"), cv2.IMREAD_UNCHANGED)
    assert stored.dtype == np.uint16 and differs(stored.astype(np.float64), wanted) < 0.01


def test_a_file_without_metadata_is_refused(onnx_file: Path, tmp_path: Path) -> None:
    import onnx

    model = onnx.load(onnx_file)
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "bare.onnx")
    arguments = [sys.executable, str(DEVICE), str(tmp_path / "bare.onnx"), "x.ppm", "y.png"]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.returncode and "no hondo metadata" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("cmake") and shutil.which("g++")), reason="no C++ compiler and CMake are here")
def test_the_c_plus_plus_example_builds_and_gives_the_same_depth(tmp_path: Path) -> None:
    import openvino

    xml = exported("openvino", tmp_path / "nano.xml")
    settings = f"-DOpenVINO_DIR={openvino.__path__[0]}/cmake"
    subprocess.run(["cmake", settings, str(CPP)], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run(["cmake", "--build", "."], cwd=tmp_path, check=True, capture_output=True)
    for size_hw in SIZES:
        rgb = image(size_hw)
        write_image(tmp_path / "photo.ppm", rgb)
        files = [str(xml), str(tmp_path / "photo.ppm"), str(tmp_path / "depth.pgm")]
        subprocess.run([str(tmp_path / "depth"), *files], check=True, capture_output=True)
        stored = cv2.imread(files[2], cv2.IMREAD_UNCHANGED)
        wanted = hondo.load(xml)(rgb).values
        assert stored.dtype == np.uint16 and differs(stored.astype(np.float64), wanted) < 0.01
    done = subprocess.run([str(tmp_path / "depth"), files[0], files[0], "x"], capture_output=True, text=True)
    assert done.returncode == 1 and "no binary PPM" in done.stderr
