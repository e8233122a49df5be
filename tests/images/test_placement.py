"""The way into a network and out again keeps the aspect, the area and every point in its place."""

import cv2
import numpy as np
import pytest
from PIL import Image

from hondo.core.errors import HondoError
from hondo.core.types import Camera, InputSpec
from hondo.images.placement import (
    MAX_STRETCH,
    as_rgb,
    from_network,
    place,
    place_at_common_aspect,
    resize_image,
    to_network,
)

SPEC = InputSpec(size_hw=(192, 640))
FIXED = InputSpec(size_hw=(192, 640), fixed=True)
SIZES = [
    (480, 640),
    (375, 1242),
    (1080, 1920),
    (1920, 1080),
    (307, 892),
    (192, 640),
    (1362, 2048),
    (425, 640),
    (333, 333),
]


@pytest.mark.parametrize("image_hw", [*SIZES, (1, 1), (3, 2000), (2000, 3), (1, 7)])
@pytest.mark.parametrize(
    "spec", [SPEC, FIXED, InputSpec(size_hw=(384, 384)), InputSpec(size_hw=(56, 70), multiple_of=14)]
)
def test_laws_of_placement(image_hw: tuple[int, int], spec: InputSpec) -> None:
    placed = place(image_hw, spec)
    (height, width), (inner_height, inner_width) = placed.network_hw, placed.content_hw
    assert height % spec.multiple_of == 0 and width % spec.multiple_of == 0
    assert 0 <= placed.top <= height - inner_height and 0 <= placed.left <= width - inner_width
    if spec.fixed:
        assert placed.network_hw == spec.size_hw
    if min(inner_height, inner_width) > 60:  # whole pixels allow it
        assert 1 / (MAX_STRETCH + 0.01) < inner_width / inner_height * image_hw[0] / image_hw[1] < MAX_STRETCH + 0.01
    area = height * width / (spec.size_hw[0] * spec.size_hw[1])
    assert 0.7 < area < 1.4


def test_exact_sizes() -> None:
    assert place((375, 1242), SPEC).content_hw == (192, 640)  # KITTI fills its usual size
    assert place((480, 640), SPEC).network_hw == (288, 384)
    assert place((192, 640), SPEC).content_hw == (192, 640)
    boxed = place((480, 640), FIXED)
    assert (boxed.content_hw, boxed.top, boxed.left) == ((192, 256), 0, 192)


def test_own_size_is_untouched() -> None:
    image = np.random.default_rng(0).integers(0, 256, (192, 640, 3), dtype=np.uint8)
    placed = place((192, 640), SPEC)
    network = to_network(image, placed)
    np.testing.assert_allclose(network[0], image.transpose(2, 0, 1) / 255, atol=1e-7)
    np.testing.assert_array_equal(from_network(network[0, 0], placed), network[0, 0])


@pytest.mark.parametrize("image_hw", SIZES)
@pytest.mark.parametrize("spec", [SPEC, FIXED])
def test_a_ramp_comes_back(image_hw: tuple[int, int], spec: InputSpec) -> None:
    """Pixel centres agree both ways: a linear image returns as itself, away from the border."""
    y, x = (np.mgrid[: image_hw[0], : image_hw[1]] + 0.5) / np.array(image_hw)[:, None, None]
    ramp = ((x + y) / 2 * 255).astype(np.float32)
    image = np.repeat(np.rint(ramp).astype(np.uint8)[..., None], 3, axis=2)
    placed = place(image_hw, spec)
    back = from_network(to_network(image, placed)[0, 1], placed) * 255
    assert back.shape == image_hw
    border = 2 * max(1, -(-image_hw[0] // placed.content_hw[0]))
    inside = (slice(border, -border),) * 2
    assert np.abs(back - ramp)[inside].max() < 1.0 and abs((back - ramp)[inside].mean()) < 0.1


def test_camera_follows_the_placement() -> None:
    camera = Camera.from_fov(60.0, size_hw=(480, 640))
    placed = place((480, 640), FIXED).camera(camera)
    assert (
        placed.size_hw == (192, 640) and placed.cx == pytest.approx(320) and placed.fx == pytest.approx(camera.fx * 0.4)
    )


def test_refusals() -> None:
    with pytest.raises(HondoError, match="nothing to predict"):
        place((0, 5), SPEC)
    with pytest.raises(HondoError, match="placement was made for"):
        to_network(np.zeros((4, 4, 3), dtype=np.uint8), place((5, 4), SPEC))


def test_a_large_image_shrinks_to_about_the_plain_area_average() -> None:
    rng = np.random.default_rng(0)
    image = cv2.GaussianBlur(rng.integers(0, 256, (720, 1280, 3), dtype=np.uint8), (9, 9), 2)
    plain = cv2.resize(image, (640, 352), interpolation=cv2.INTER_AREA)
    difference = np.abs(resize_image(image, (352, 640)).astype(int) - plain)
    assert difference.mean() < 0.5 and difference.max() <= 8


def test_whole_ratios_are_exact_averages_and_the_same_size_is_the_same_image() -> None:
    image = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3) * 2
    wanted = image.reshape(2, 2, 3, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(resize_image(image, (2, 3)), wanted, atol=0.5)
    assert resize_image(image, (4, 6)) is image


@pytest.mark.parametrize("image_hw", [(64, 96), (64, 48), (128, 192)])
def test_a_map_of_half_the_size_is_put_where_its_image_lies(image_hw: tuple[int, int]) -> None:
    placement = place(image_hw, InputSpec(size_hw=(64, 96), multiple_of=32, fixed=True))
    across = np.broadcast_to(np.arange(96, dtype=np.float32), (64, 96))
    half = across.reshape(32, 2, 48, 2).mean(axis=(1, 3), dtype=np.float32)
    given = from_network(half, placement)
    assert given.shape == image_hw
    np.testing.assert_allclose(given, from_network(np.ascontiguousarray(across), placement), atol=0.51)


def test_common_aspects_give_few_network_sizes() -> None:
    random, spec = np.random.default_rng(0), InputSpec(size_hw=(192, 640), multiple_of=32)
    sizes = {place_at_common_aspect(tuple(random.integers(10, 3000, 2).tolist()), spec).network_hw for _ in range(500)}
    assert len(sizes) <= 8
    assert place_at_common_aspect((375, 1242), spec).network_hw == (192, 640)


def test_a_model_of_one_size_keeps_it() -> None:
    spec = InputSpec(size_hw=(64, 64), multiple_of=32, fixed=True)
    assert place_at_common_aspect((480, 640), spec).network_hw == (64, 64)


@pytest.mark.filterwarnings("ignore:images whose alpha channel")
def test_pil_images_follow_the_rules_of_files(tmp_path) -> None:
    """16-bit grey, floats, transparency and EXIF: the same RGB from a PIL image as from its file."""
    ramp = np.linspace(0, 1, 60).reshape(6, 10)
    rgba = np.random.default_rng(0).integers(0, 256, (6, 10, 4), dtype=np.uint8)
    turned = Image.Exif()
    turned[0x0112] = 6
    kinds = {
        "grey16.png": (Image.fromarray((ramp * 65535).astype(np.uint16)), {}),
        "float.tif": (Image.fromarray(ramp.astype(np.float32)), {}),
        "rgba.png": (Image.fromarray(rgba), {}),
        "la.png": (Image.fromarray(rgba).convert("LA"), {}),
        "palette.png": (Image.fromarray(rgba).quantize(16), {}),
        "turned.png": (Image.fromarray(rgba[..., :3].copy()), {"exif": turned.tobytes()}),
        "cmyk.tif": (Image.fromarray(rgba[..., :3].copy()).convert("CMYK"), {}),
    }
    for name, (image, options) in kinds.items():
        image.save(tmp_path / name, **options)
        with Image.open(tmp_path / name) as opened:
            np.testing.assert_array_equal(as_rgb(opened), as_rgb(tmp_path / name), err_msg=name)
    assert as_rgb(Image.fromarray((ramp * 65535).astype(np.uint16)))[0, 5, 0] == round(ramp[0, 5] * 255)
    with pytest.raises(HondoError, match="white is not known"):
        as_rgb(Image.fromarray(np.full((4, 4), 70000, np.int32)))
