"""What export_model refuses before anything slow. tests/cli/deployment/test_export.py exports from end to end."""

import pytest

from hondo.core.errors import HondoError
from hondo.engines.load import ModelSettings
from hondo.evaluate.parity.export_model import export_model


@pytest.mark.parametrize(
    ("engine", "precision", "message"),
    [
        ("onnx", "int3", "precision 'int3' is not offered by onnx; choose one of: fp32"),
        ("torch", "int8", "precision 'int8' is not offered by torch.* export to openvino"),
        ("onnx", "fp16", "onnx uses no calibration images for precision 'fp16'; leave them out"),
    ],
)
def test_a_precision_is_refused_before_the_model_is_built_or_an_image_read(
    engine: str, precision: str, message: str, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxruntime")
    monkeypatch.setattr(ModelSettings, "build", lambda *given: pytest.fail("the model was built"))
    with pytest.raises(HondoError, match=message) as caught:
        export_model(
            "hondo-nano", tmp_path / "net", engine=engine, settings=ModelSettings(precision=precision),
            calibration=lambda *given: pytest.fail("images were read"),
        )  # fmt: skip
    assert caught.value.field == "precision" and not list(tmp_path.iterdir())


def test_an_allowed_error_without_calibration_images_is_refused(tmp_path) -> None:
    with pytest.raises(HondoError, match="max_drop is about calibration images: add calibration=SOURCE"):
        export_model("hondo-nano", tmp_path / "net", engine="onnx", settings=ModelSettings(), max_drop=0.01)
