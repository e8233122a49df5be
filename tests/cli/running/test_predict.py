"""hondo predict from end to end, with an untrained network."""

import json

import av
import numpy as np
import pytest

from hondo.cli.main import main
from hondo.images.read import write_image
from tests.images.test_video_writer import film_with_sound

MODEL = ["--model", "unet-light", "--weights", "random", "--engine", "pytorch", "--size", "32x64"]


@pytest.fixture
def photo(tmp_path):
    return write_image(tmp_path / "in" / "photo.png", np.full((40, 60, 3), 90, np.uint8))


def predict(*arguments: object) -> int:
    return main(["predict", *MODEL, *map(str, arguments)])


def test_a_image_with_every_form(photo, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    assert predict(photo, "--out", out, "--save", "png16,npy,color,ply,video", "--camera", "50,50,30,20") == 0
    names = sorted(path.name for path in out.iterdir())
    assert names == ["photo.color.jpg", "photo.depth.npy", "photo.depth.png", "photo.ply", "predictions.json"]
    stored = json.loads((out / "predictions.json").read_text())
    assert (stored["model"], stored["engine"], stored["precision"]) == ("unet-light", "torch", "fp32")
    assert "1 depth maps" in capsys.readouterr().out


def test_some_failed_is_1(photo, tmp_path, capsys) -> None:
    broken = photo.with_name("broken.png")
    broken.write_bytes(photo.read_bytes()[:60])
    assert predict(photo.parent, "--out", tmp_path / "out") == 1
    shown = capsys.readouterr()
    assert "broken.png" in shown.err and "1 failed" in shown.out
    assert (tmp_path / "out" / "photo.depth.png").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.png"], "missing.png: no such file"),
        ([], "no SOURCE given"),
        (["PHOTO", "--save", "png16,gif"], "gif is not one of"),
        (["PHOTO", "--size", "33x64"], "33x64 must be a positive multiple"),
        (["PHOTO", "--size", "big"], "--size 'big'"),
        (["PHOTO", "--precision", "int3"], "precision 'int3' is not offered"),
        (["PHOTO", "--engine", "steam"], "unknown engine 'steam'"),
        (["PHOTO", "--device", "abacus"], "--device 'abacus'"),
        (["PHOTO", "--model", "unet-lihgt"], "unet-light"),
        (["PHOTO", "--camera", "50,50,300,20"], "principal point"),
        (["PHOTO", "--camera", "gone.json"], "gone.json"),
        (["PHOTO", "--option", "colour"], "KEY=VALUE"),
        (["PHOTO", "--png-factor", "0"], "--png-factor must be positive"),
        (["PHOTO", "--limit", "-1"], "--limit must be positive"),
        (["PHOTO", "--palette", "rainbow", "--save", "color"], "rainbow"),
        (["PHOTO", "--frobnicate"], "--frobnicate"),
        (["webcam:97"], "webcam:97: no camera answers"),
    ],
)
def test_bad_input_is_2_and_one_line(arguments, said, photo, tmp_path, capsys) -> None:
    given = [str(photo) if word == "PHOTO" else word for word in arguments]
    assert predict(*given, "--out", tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_intrinsics_of_another_image_are_refused(photo, tmp_path, capsys) -> None:
    path = tmp_path / "k.json"
    path.write_text(json.dumps({"fx": 100, "fy": 100, "cx": 60, "cy": 40, "width": 120, "height": 80}))
    assert predict(photo, "--out", tmp_path / "out", "--camera", path) == 2
    assert "of a 120x80 image" in capsys.readouterr().err


def test_an_out_that_is_a_file_is_refused(photo, capsys) -> None:
    assert predict(photo, "--out", photo) == 2
    assert "cannot write there" in capsys.readouterr().err


@pytest.mark.parametrize(("flags", "has_sound"), [((), True), (("--no-audio",), False)])
def test_a_depth_video_has_the_sound_unless_no_audio_is_given(flags, has_sound, tmp_path) -> None:
    film = film_with_sound(tmp_path / "film.mp4")
    assert predict(film, "--out", tmp_path / "out", "--save", "video", "--limit", "2", *flags) == 0
    with av.open(str(tmp_path / "out" / "film.depth.mp4")) as container:
        assert bool(container.streams.audio) == has_sound


def test_sound_that_was_left_out_is_told(tmp_path, capsys) -> None:
    film = film_with_sound(tmp_path / "film.avi", codec="adpcm_ms")
    assert predict(film, "--out", tmp_path / "out", "--save", "video", "--limit", "2") == 0
    assert "film.avi: its sound was left out" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["predict", "PHOTO", "--out", "OUT", "--model", "dpt-hybrid-kitti"],
        ["export", "dpt-hybrid-kitti", "--to", "onnx", "--out", "OUT"],
        ["live", "clip", "--headless", "--model", "dpt-hybrid-kitti"],
        ["serve", "--model", "hondo-nano", "--model", "dpt-hybrid-kitti"],
    ],
    ids=lambda words: words[0],
)
def test_a_model_without_weights_is_one_line_that_says_where_to_get_them(words, photo, tmp_path, capsys) -> None:
    places = {"PHOTO": str(photo), "OUT": str(tmp_path / "out")}
    assert main([places.get(word, word) for word in words]) == 2
    error = capsys.readouterr().err
    assert "'dpt-hybrid-kitti' comes without weights: get them from" in error and error.count("\n") == 1
    assert "--weights FILE; --weights random builds it untrained" in error
