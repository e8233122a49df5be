"""What a layout says of itself, as people read it."""

from hondo.data.layouts.layout import Encoding, Intrinsics


def test_encodings_in_words() -> None:
    cityscapes = Encoding(file="16-bit PNG", divide_by=256.0, subtract=1.0, quantity="disparity")
    assert cityscapes.says() == "16-bit PNG: disparity in pixels = (stored - 1) / 256"
    seven_scenes = Encoding(file="16-bit PNG", divide_by=1000.0, invalid=(65535.0,))
    assert seven_scenes.says() == "16-bit PNG: depth = stored / 1000; unknown: 65535"
    assert Encoding(file="EXR").says() == "EXR: depth = stored"


def test_intrinsics_in_words() -> None:
    assert Intrinsics().says() == "not known" and Intrinsics(file="{a}/K.txt").says() == "`{a}/K.txt`"
    assert Intrinsics(fixed=(320, 320, 320, 240), size_hw=(480, 640)).says() == (
        "published: 320, 320, 320, 240 for 640x480"
    )
    assert Intrinsics(files=("a", "b")).templates == ("a", "b") and Intrinsics(file="a").templates == ("a",)
    by_prefix = Intrinsics(by_prefix=(("fr1", (1.0, 2.0, 3.0, 4.0)),))
    assert by_prefix.says() == "published: fr1 1, 2, 3, 4"
