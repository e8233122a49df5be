"""hondo scale from end to end: the file gives metres in torch and in an export."""

import numpy as np
import pytest

import hondo
from hondo.cli.main import main
from hondo.engines.base.metadata import ExportHeader
from hondo.images.read import read_image
from hondo.models.base.weights_file import read_header
from hondo.models.registry.build_model import build_model
from tests.mapping.textured_room import CAMERA, circle, write_walk

MODEL = ["unet-light", "--weights", "random"]
K = f"{CAMERA.fx},{CAMERA.fy},{CAMERA.cx},{CAMERA.cy}"


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_walk(tmp_path_factory.mktemp("walk"), circle(2, turn=0.1))


@pytest.mark.filterwarnings("default")
def test_a_known_distance_gives_metres_everywhere(clip, tmp_path, capsys) -> None:
    out, image = tmp_path / "metres.safetensors", clip / "images" / "0000.png"
    assert (
        main(["scale", *MODEL, "--from", "known=100,90,2.5", "--images", str(image), "--camera", K, "--out", str(out)])
        == 0
    )
    shown = capsys.readouterr()
    assert "factor" in shown.out and "no interval" in shown.err
    stored = read_header(out).metres
    assert stored is not None and stored.how == "known=100,90,2.5" and stored.focal is not None
    predictor = hondo.load(out, engine="torch", precision="fp32", camera=CAMERA)
    depth = predictor(read_image(image)).depth()
    assert np.median(depth[89:92, 99:102]) == pytest.approx(2.5, rel=1e-3)
    far = hondo.Camera(fx=2 * CAMERA.fx, fy=2 * CAMERA.fy, cx=CAMERA.cx, cy=CAMERA.cy, size_hw=CAMERA.size_hw)
    with pytest.warns(hondo.core.errors.HondoWarning, match="2 times"):
        np.testing.assert_allclose(predictor(read_image(image), camera=far).depth(), 2 * depth, rtol=1e-4)
    header = ExportHeader.of(build_model(out), precision="fp32")
    assert ExportHeader.from_json(header.to_json(), path=out).metres == stored  # what every export holds


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_an_export_gives_the_same_metres(clip, tmp_path) -> None:
    out, image = tmp_path / "metres.safetensors", str(clip / "images" / "0000.png")
    assert main(["scale", *MODEL, "--from", "known=9,9,2.5", "--images", image, "--camera", K, "--out", str(out)]) == 0
    assert main(["export", str(out), "--to", "onnx", "--out", str(tmp_path / "m.onnx")]) == 0
    exported, kept = (hondo.load(path, camera=CAMERA) for path in (tmp_path / "m.onnx", out))
    assert exported.metres == kept.metres and exported.kind == kept.kind


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "heigth=1.6"], "did you mean height"),
        (["--from", "height"], "has no value"),
        (["--from", "height=tall", "--camera", K], "a height in metres"),
        (["--from", "object=1,2,3,4,1"], "give --camera FILE"),
    ],
)
def test_bad_input_is_one_line(arguments, said, clip, tmp_path, capsys) -> None:
    image = clip / "images" / "0000.png"
    assert main(["scale", *MODEL, *arguments, "--images", str(image), "--out", str(tmp_path / "m.safetensors")]) == 2
    assert said in capsys.readouterr().err
