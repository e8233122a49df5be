"""The files of the workbench."""

from pathlib import Path

import numpy as np
import pytest

from hondo.models.registry.build_model import build_model
from hondo.recipes.fitting.fit_measure import Workbench
from hondo.recipes.fitting.fit_results import Variant
from hondo.recipes.fitting.fit_target import FitTarget
from tests.compress.conftest import TINY_HYBRID


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["openvino", "onnx"])
def test_an_int8_file_is_made_once_and_its_copy_loads(engine: str, tmp_path: Path, monkeypatch) -> None:
    images = tuple(np.random.default_rng(0).integers(0, 256, (16, 64, 96, 3), dtype=np.uint8))
    model = build_model("dpt-fast", "random", **TINY_HYBRID)
    bench = Workbench(
        model=model, target=FitTarget(fps=1.0, size_hw=(64, 96), device="cpu"), calibration=images, licence="MIT",
        scratch=tmp_path,
    )  # fmt: skip
    variant = Variant(size_hw=(64, 96), engine=engine, precision="int8")
    with bench.load(variant) as predictor:
        before = predictor(images[0]).values
    monkeypatch.setattr("hondo.recipes.fitting.fit_measure.calibration_of", None)
    (tmp_path / "out").mkdir()
    path = bench.export(variant, tmp_path / "out" / f"model{bench.int8[variant, ''].suffix}")
    with bench.load_file(variant, path) as predictor:
        np.testing.assert_array_equal(predictor(images[0]).values, before)
