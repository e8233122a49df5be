"""Camera values and refusals, DepthMap kinds, InputSpec."""

import math

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import Camera, DepthKind, DepthMap, InputSpec, have_same_aspect

CAMERA = Camera(fx=500.0, fy=480.0, cx=310.0, cy=250.0, size_hw=(480, 640))


def values(camera: Camera) -> tuple[float, ...]:
    return camera.fx, camera.fy, camera.cx, camera.cy, *camera.size_hw


def test_a_matrix_and_back() -> None:
    assert Camera.from_K(CAMERA.K, size_hw=(480, 640)) == CAMERA
    assert CAMERA.K.tolist() == [[500, 0, 310], [0, 480, 250], [0, 0, 1]]
    assert Camera.from_K([[2, 0, 1], [0, 3, 1], [0, 0, 1]], size_hw=(2, 2)).fy == 3


def test_field_of_view() -> None:
    camera = Camera.from_fov(90, size_hw=(480, 640))
    assert values(camera) == pytest.approx((320, 320, 320, 240, 480, 640))
    assert camera.horizontal_fov_deg == pytest.approx(90)
    # Off-centre: the two halves are 45 and atan(1/3) degrees wide.
    camera = Camera(fx=30.0, fy=30.0, cx=30.0, cy=10.0, size_hw=(20, 40))
    assert camera.horizontal_fov_deg == pytest.approx(45 + math.degrees(math.atan(1 / 3)))


def test_resized_is_a_plain_scale() -> None:
    assert values(CAMERA.resized((240, 160))) == pytest.approx((125, 240, 77.5, 125, 240, 160))
    again = CAMERA.resized((123, 77)).resized((480, 640))
    assert values(again) == pytest.approx(values(CAMERA))
    assert CAMERA.resized((240, 320)).horizontal_fov_deg == pytest.approx(CAMERA.horizontal_fov_deg)


def test_for_image_scales_to_the_same_aspect_only() -> None:
    camera = Camera(fx=200, fy=210, cx=128, cy=64, size_hw=(128, 256))
    assert camera.for_image((64, 128)) == camera.resized((64, 128)) and camera.for_image((128, 256)) is camera
    with pytest.raises(HondoError, match=r"256x128 image.*this one is 100x100"):
        camera.for_image((100, 100))


def test_sizes_rounded_to_whole_pixels_have_the_same_aspect() -> None:
    assert have_same_aspect((375, 1242), (94, 311)) and not have_same_aspect((480, 640), (480, 600))


def test_cropped_moves_the_principal_point() -> None:
    assert values(CAMERA.cropped(top=10, left=20, size_hw=(300, 400))) == (500, 480, 290, 240, 300, 400)
    padded = CAMERA.cropped(top=-10, left=-20, size_hw=(500, 680))
    assert values(padded) == (500, 480, 330, 260, 500, 680)
    assert padded.cropped(top=10, left=20, size_hw=(480, 640)) == CAMERA


def test_flipped_twice_is_the_same() -> None:
    assert values(CAMERA.flipped()) == (500, 480, 330, 250, 480, 640)
    assert CAMERA.flipped().flipped() == CAMERA


def test_flip_commutes_with_resize() -> None:
    one, other = CAMERA.flipped().resized((96, 128)), CAMERA.resized((96, 128)).flipped()
    assert values(one) == pytest.approx(values(other))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fx": 0.0}, "positive"),
        ({"fy": -1.0}, "positive"),
        ({"fx": math.nan}, "finite"),
        ({"cx": math.inf}, "finite"),
        ({"cx": 641.0}, "outside the 640x480 image"),
        ({"cy": -0.5}, "outside the 640x480 image"),
        ({"size_hw": (0, 640)}, "empty"),
        ({"size_hw": (120, 160)}, "intrinsics in pixels of this image's size"),
    ],
)
def test_a_wrong_camera_is_refused(change: dict, message: str) -> None:
    given = {"fx": 500.0, "fy": 480.0, "cx": 310.0, "cy": 250.0, "size_hw": (480, 640)} | change
    with pytest.raises(HondoError, match=message):
        Camera(**given)


@pytest.mark.parametrize(
    ("K", "message"),
    [
        (np.eye(4), "3x3"),
        ([[500, 3, 310], [0, 500, 250], [0, 0, 1]], "skew"),
        ([[500, 0, 310], [0, 500, 250], [0, 0, 2]], "must be"),
        ([[500, 0, 3100], [0, 500, 250], [0, 0, 1]], "outside"),
    ],
)
def test_a_wrong_matrix_is_refused(K: object, message: str) -> None:
    with pytest.raises(HondoError, match=message):
        Camera.from_K(K, size_hw=(480, 640))


@pytest.mark.parametrize("degrees", [0.0, -5.0, 180.0, math.nan])
def test_a_wrong_field_of_view_is_refused(degrees: float) -> None:
    with pytest.raises(HondoError, match="between 0 and 180"):
        Camera.from_fov(degrees, size_hw=(480, 640))


def test_kinds() -> None:
    assert [kind.unit for kind in DepthKind] == ["m", "1/m", "", ""]
    assert [kind.is_metric for kind in DepthKind] == [True, True, False, False]
    assert [kind.is_inverse for kind in DepthKind] == [False, True, True, True]
    assert DepthKind("metric_depth") is DepthKind.METRIC_DEPTH


def depth_map(kind: DepthKind) -> DepthMap:
    return DepthMap(values=np.array([[0.5, 2.0], [0.0, np.nan]], dtype=np.float32), kind=kind)


def test_depth_in_metres() -> None:
    np.testing.assert_array_equal(depth_map(DepthKind.METRIC_DEPTH).depth(), [[0.5, 2], [0, np.nan]])
    metres = depth_map(DepthKind.METRIC_INVERSE_DEPTH).depth()
    np.testing.assert_array_equal(metres, [[2, 0.5], [np.nan, np.nan]])
    assert metres.dtype == np.float32


@pytest.mark.parametrize("kind", [DepthKind.SCALED_INVERSE_DEPTH, DepthKind.RELATIVE_INVERSE_DEPTH])
def test_no_metres_without_a_scale(kind: DepthKind) -> None:
    with pytest.raises(ValueError, match="scale is not known"):
        depth_map(kind).depth()


def test_a_depth_map_fits_its_camera() -> None:
    values = np.ones((480, 640), dtype=np.float32)
    assert DepthMap(values=values, kind=DepthKind.METRIC_DEPTH, camera=CAMERA).size_hw == (480, 640)
    with pytest.raises(HondoError, match="camera is of a"):
        DepthMap(values=values[:240], kind=DepthKind.METRIC_DEPTH, camera=CAMERA)
    with pytest.raises(HondoError, match=r"shape \(h w\)"):
        DepthMap(values=values[None], kind=DepthKind.METRIC_DEPTH)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"size_hw": (192, 641)}, "multiple of 32"),
        ({"size_hw": (0, 640)}, "multiple of 32"),
        ({"size_hw": (192, 640), "multiple_of": 0}, "multiple of 0"),
        ({"size_hw": (192, 640), "std": (1.0, 0.0, 1.0)}, "std must be positive"),
    ],
)
def test_a_wrong_input_spec_is_refused(given: dict, message: str) -> None:
    with pytest.raises(HondoError, match=message):
        InputSpec(**given)


def test_values_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        CAMERA.fx = 1.0  # type: ignore[misc]


def test_depth_maps_compare_and_become_arrays() -> None:
    values = np.array([[1.0, np.nan]], dtype=np.float32)
    one = DepthMap(values=values, kind=DepthKind.METRIC_DEPTH)
    assert one == DepthMap(values=values.copy(), kind=DepthKind.METRIC_DEPTH) and one != "depth"
    assert one != DepthMap(values=values, kind=DepthKind.METRIC_INVERSE_DEPTH)
    assert one != DepthMap(values=values + 1, kind=DepthKind.METRIC_DEPTH)
    sure = DepthMap(values=values, kind=DepthKind.METRIC_DEPTH, confidence=np.ones((1, 2), np.float32))
    assert one != sure and sure == sure
    assert np.asarray(one).dtype == np.float32 and np.asarray(one, dtype=np.float64).shape == (1, 2)


def test_notebooks_show_colours() -> None:
    png = DepthMap(values=np.ones((3, 5), np.float32), kind=DepthKind.METRIC_DEPTH)._repr_png_()
    assert png.startswith(b"\x89PNG") and int.from_bytes(png[16:20]) == 5
