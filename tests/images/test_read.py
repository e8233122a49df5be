"""The reader: golden values for every kind of file, and one clear error for every bad one."""

import io
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from hondo.core.errors import HondoError, HondoWarning
from hondo.images.read import image_size, read_depth, read_image, write_image


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def encoded(suffix: str, pixels: np.ndarray) -> bytes:
    return cv2.imencode(suffix, pixels)[1].tobytes()


@pytest.fixture
def rgb() -> np.ndarray:
    y, x = np.mgrid[:24, :36]
    return np.stack((x * 7, y * 10, (x + y) * 4), axis=-1).astype(np.uint8)


@pytest.mark.parametrize(
    ("format", "options"), [("PNG", {}), ("BMP", {}), ("PPM", {}), ("TIFF", {}), ("WEBP", {"lossless": True})]
)
def test_lossless_rgb_is_exact_and_writable(rgb: np.ndarray, format: str, options: dict) -> None:
    read = read_image(saved(Image.fromarray(rgb), format, **options))
    np.testing.assert_array_equal(read, rgb)
    assert read.dtype == np.uint8 and read.flags.writeable and read.flags.c_contiguous


def test_jpeg_is_close(rgb: np.ndarray) -> None:
    assert np.abs(read_image(saved(Image.fromarray(rgb), "JPEG", quality=98)).astype(int) - rgb).mean() < 3


def test_grey_and_bilevel_are_repeated(rgb: np.ndarray) -> None:
    grey = rgb[..., 0]
    np.testing.assert_array_equal(
        read_image(saved(Image.fromarray(grey), "PNG")), np.repeat(grey[..., None], 3, axis=2)
    )
    bits = Image.fromarray(((grey > 99) * 255).astype(np.uint8)).convert("1", dither=Image.Dither.NONE)
    assert set(np.unique(read_image(saved(bits, "PNG")))) == {0, 255}


def test_16_bit_grey_is_divided_by_257() -> None:
    values = np.array([[0, 128, 129, 257, 32768, 65278, 65535]], dtype=np.uint16)
    expected = [0, 0, 1, 1, 128, 254, 255]
    for suffix in (".png", ".tiff"):
        read = read_image(encoded(suffix, values))
        np.testing.assert_array_equal(read[0], np.repeat(np.array(expected)[:, None], 3, axis=1))
    pgm = b"P5\n7 1\n65535\n" + values.astype(">u2").tobytes()
    np.testing.assert_array_equal(read_image(pgm)[0, :, 0], expected)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_16_bit_colours_keep_their_order_and_rounding(suffix: str) -> None:
    bgr = np.array([[[65535, 129, 257 * 7], [0, 257 * 200, 65278]]], dtype=np.uint16)
    np.testing.assert_array_equal(read_image(encoded(suffix, bgr)), [[[7, 1, 255], [254, 200, 0]]])


def test_16_bit_rgba_lies_on_white() -> None:
    bgra = np.array([[[0, 0, 65535, 65535], [0, 0, 65535, 0], [0, 0, 65535, 257 * 128]]], dtype=np.uint16)
    np.testing.assert_array_equal(read_image(encoded(".png", bgra)), [[[255, 0, 0], [255, 255, 255], [255, 127, 127]]])


def test_8_bit_transparency_lies_on_white() -> None:
    rgba = np.array([[[200, 100, 0, 255], [200, 100, 0, 0], [200, 100, 0, 51]]], dtype=np.uint8)
    expected = [[[200, 100, 0], [255, 255, 255], [244, 224, 204]]]  # 255 - (255 - c) * 0.2
    for format, options in (("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True, "exact": True})):
        np.testing.assert_array_equal(read_image(saved(Image.fromarray(rgba), format, **options)), expected)
    la = np.array([[[100, 255], [100, 0]]], dtype=np.uint8)
    np.testing.assert_array_equal(read_image(saved(Image.fromarray(la, "LA"), "PNG"))[0, :, 0], [100, 255])


def test_palette_and_colour_key_transparency() -> None:
    image = Image.new("P", (3, 1))
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    image.putdata([0, 1, 2])
    np.testing.assert_array_equal(read_image(saved(image, "PNG")), [[[10, 20, 30], [40, 50, 60], [70, 80, 90]]])
    np.testing.assert_array_equal(read_image(saved(image, "PNG", transparency=1))[0, 1], [255, 255, 255])
    np.testing.assert_array_equal(read_image(saved(image, "PNG", transparency=b"\xff\x00\x33"))[0, 2], [218, 220, 222])
    np.testing.assert_array_equal(read_image(saved(image, "GIF", transparency=1))[0, 1], [255, 255, 255])
    key = saved(Image.fromarray(np.array([[[1, 2, 3], [4, 5, 6]]], dtype=np.uint8)), "PNG", transparency=(4, 5, 6))
    np.testing.assert_array_equal(read_image(key), [[[1, 2, 3], [255, 255, 255]]])


def test_cmyk() -> None:
    cmyk = np.array([[[0, 0, 0, 0], [255, 0, 0, 0], [0, 255, 0, 128], [0, 0, 0, 255]]], dtype=np.uint8)
    expected = np.array([[[255, 255, 255], [0, 255, 255], [127, 0, 127], [0, 0, 0]]])
    image = Image.fromarray(cmyk, "CMYK")
    np.testing.assert_array_equal(read_image(saved(image, "TIFF")), expected)
    wide = Image.fromarray(np.repeat(np.repeat(cmyk, 16, axis=1), 16, axis=0), "CMYK")
    read = read_image(saved(wide, "JPEG", quality=100, subsampling=0))
    assert np.abs(read[8, 8::16].astype(int) - expected[0]).max() <= 3


def test_float_images_are_0_to_1() -> None:
    values = np.array([[0, 0.25, 0.5, 1]], dtype=np.float32)
    expected = [0, 64, 128, 255]
    np.testing.assert_array_equal(read_image(saved(Image.fromarray(values), "TIFF"))[0, :, 0], expected)
    bgr = np.stack((values, values * 0, values), axis=-1)
    for kind in (np.float32, np.float64):
        np.testing.assert_array_equal(read_image(encoded(".tiff", bgr.astype(kind)))[0, :, 2], expected)
    pfm = b"PF\n4 1\n-1.0\n" + bgr.astype("<f4").tobytes()
    np.testing.assert_array_equal(read_image(pfm)[0, :, 0], expected)


@pytest.mark.parametrize("bad", [255.0, -0.5, np.nan, np.inf])
def test_float_images_of_unknown_white_are_refused(bad: float) -> None:
    values = np.array([[0, 0.5, bad]], dtype=np.float32)
    with pytest.raises(HondoError, match=r"scale a float image to 0\.\.1"):
        read_image(saved(Image.fromarray(values), "TIFF"))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation(rgb: np.ndarray, orientation: int, format: str) -> None:
    image = Image.fromarray(rgb)
    image.getexif()[0x0112] = orientation
    data = saved(image, format, exif=image.getexif(), **({"lossless": True} if format == "WEBP" else {"quality": 98}))
    tagged = Image.fromarray(rgb)
    tagged.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(tagged))
    read = read_image(data)
    assert read.shape == expected.shape and image_size(data) == expected.shape[:2]
    assert np.abs(read.astype(int) - expected).mean() < 3


def test_orientation_6_turns_clockwise(rgb: np.ndarray) -> None:
    image = Image.fromarray(rgb)
    image.getexif()[0x0112] = 6
    np.testing.assert_array_equal(read_image(saved(image, "PNG", exif=image.getexif())), np.rot90(rgb, -1))


def test_colour_profile_is_ignored(rgb: np.ndarray) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    np.testing.assert_array_equal(read_image(saved(Image.fromarray(rgb), "PNG", icc_profile=profile)), rgb)


def test_animation_gives_its_first_image() -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    np.testing.assert_array_equal(
        read_image(saved(frames[0], "PNG", save_all=True, append_images=frames[1:]))[0, 0], [255, 0, 0]
    )


def test_orientation_behind_the_pixels_of_a_png(rgb: np.ndarray) -> None:
    """libpng's users may write eXIf after IDAT; Pillow writes it before."""
    image = Image.fromarray(rgb)
    image.getexif()[0x0112] = 6
    data = saved(image, "PNG", exif=image.getexif())
    start = data.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(data[start : start + 4], "big")
    moved = data[:start] + data[end:-12] + data[start:end] + data[-12:]
    assert image_size(moved) == (36, 24)
    np.testing.assert_array_equal(read_image(moved), np.rot90(rgb, -1))


def test_header_is_checked_before_decoding(tmp_path: Path) -> None:
    head = struct.pack(">IIBBBBB", 60_000, 50_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    data += struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    path = tmp_path / "huge.png"
    path.write_bytes(data)
    assert image_size(path) == (50_000, 60_000)
    with pytest.raises(HondoError, match=r"huge\.png is 60000x50000 = 3000 megapixels, over the limit of 100"):
        read_image(path)
    with pytest.raises(HondoError, match=r"over the limit of 0\.0001"):
        read_image(saved(Image.new("RGB", (20, 20)), "PNG"), max_megapixels=0.0001)


def test_bad_files_get_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("not an image")
    for name, message in (
        ("none.png", "does not exist"),
        ("empty.png", "is empty"),
        ("text.jpg", "is not an image"),
        ("", "is a folder"),
    ):
        with pytest.raises(HondoError, match=message) as caught:
            read_image(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(HondoError, match="empty"):
        read_image(b"")
    with pytest.raises(HondoError, match="fully transparent"):
        read_image(saved(Image.new("RGBA", (4, 4)), "PNG"))
    with pytest.raises(HondoError, match="white is not known"):
        read_image(saved(Image.fromarray(np.full((2, 2), 70_000, dtype=np.int32)), "TIFF"))


def fuzz_files() -> dict[str, bytes]:
    y, x = np.mgrid[:40, :50]
    rgb = np.stack((x * 5, y * 6, (x * y) % 256), axis=-1).astype(np.uint8)
    image = Image.fromarray(rgb)
    return {
        "jpeg": saved(image, "JPEG"),
        "progressive": saved(image, "JPEG", progressive=True),
        "png": saved(image, "PNG"),
        "palette": saved(image.quantize(16), "PNG"),
        "gif": saved(image, "GIF"),
        "webp": saved(image, "WEBP"),
        "bmp": saved(image, "BMP"),
        "ppm": saved(image, "PPM"),
        "tiff": saved(image, "TIFF"),
        "lzw": saved(image, "TIFF", compression="tiff_lzw"),
        "deep png": encoded(".png", rgb.astype(np.uint16) * 257),
        "deep tiff": encoded(".tiff", rgb.astype(np.uint16) * 257),
        "float tiff": encoded(".tiff", rgb.astype(np.float32) / 255),
        "pfm": b"Pf\n50 40\n-1\n" + (x / 50).astype("<f4").tobytes(),
    }


@pytest.mark.parametrize("kind", fuzz_files())
def test_truncated_files_are_refused_or_complete(kind: str) -> None:
    """Cut anywhere, a file gives a HondoError, or (if only a trailer is lost) every pixel of the whole file."""
    data = fuzz_files()[kind]
    whole = read_image(data)
    refused = 0
    for length in np.linspace(1, len(data) - 1, 60).astype(int):
        try:
            np.testing.assert_array_equal(read_image(data[:length]), whole)
        except HondoError:
            refused += 1
    assert refused >= 40


@pytest.mark.parametrize("kind", fuzz_files())
def test_damaged_bytes_never_escape_as_another_error(kind: str) -> None:
    data = fuzz_files()[kind]
    random = np.random.default_rng(7)
    for _ in range(60):
        damaged = bytearray(data)
        for place in random.integers(0, min(len(data), 300), size=3):
            damaged[place] = random.integers(0, 256)
        try:
            image = read_image(bytes(damaged), max_megapixels=1.0)
        except HondoError:
            continue
        assert image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3


def test_threads_read_at_the_same_time() -> None:
    with warnings.catch_warnings(), ThreadPoolExecutor(8) as pool:
        files = list(fuzz_files().values()) * 6
        for image, again in zip(pool.map(read_image, files), map(read_image, files)):
            np.testing.assert_array_equal(image, again)
    assert Image.MAX_IMAGE_PIXELS is not None  # Pillow's own limit, for the rest of the program


def test_write_image_round_trip(rgb: np.ndarray, tmp_path: Path) -> None:
    for suffix in (".png", ".bmp", ".tiff", ".ppm"):
        np.testing.assert_array_equal(read_image(write_image(tmp_path / f"new/x{suffix}", rgb)), rgb)
    assert np.abs(read_image(write_image(tmp_path / "x.jpg", rgb)).astype(int) - rgb).mean() < 3
    assert not list(tmp_path.rglob("*.tmp*"))
    with pytest.raises(HondoError, match="unknown image suffix"):
        write_image(tmp_path / "x.xyz", rgb)


def test_depth_png_and_tiff_of_16_bits(tmp_path: Path) -> None:
    stored = np.array([[0, 1, 256, 65535]], dtype=np.uint16)
    for suffix in (".png", ".tiff"):
        path = tmp_path / f"d{suffix}"
        path.write_bytes(encoded(suffix, stored))
        depth = read_depth(path, divide_by=256.0)
        np.testing.assert_array_equal(depth, np.array([[np.nan, 1 / 256, 1, 65535 / 256]], dtype=np.float32))
        assert depth.dtype == np.float32


def test_depth_floats_are_exact(tmp_path: Path) -> None:
    values = np.random.default_rng(0).standard_normal((5, 7)).astype(np.float32) * 1000
    values[0, :3] = np.nan, np.inf, 0
    np.save(tmp_path / "d.npy", values)
    np.save(tmp_path / "d3.npy", values[None, ..., None])
    (tmp_path / "d.tiff").write_bytes(encoded(".tiff", values))
    (tmp_path / "little.pfm").write_bytes(b"Pf \n7 5 \n-2.5\n" + values[::-1].astype("<f4").tobytes())
    (tmp_path / "big.pfm").write_bytes(b"Pf\n7 5\n1.0\n" + values[::-1].astype(">f4").tobytes())
    expected = np.where(np.isinf(values), np.nan, values)
    for path in tmp_path.iterdir():
        np.testing.assert_array_equal(read_depth(path), expected, err_msg=path.name)


def test_depth_refusals(tmp_path: Path) -> None:
    grey = saved(Image.fromarray(np.zeros((4, 4), dtype=np.uint8)), "PNG")
    colour = saved(Image.new("RGB", (4, 4)), "PNG")
    for data in (grey, colour, encoded(".png", np.zeros((4, 4, 3), np.uint16))):
        with pytest.raises(HondoError, match="not a depth file"):
            read_depth(data)
    with pytest.raises(HondoError, match="divide_by must be positive"):
        read_depth(colour, divide_by=0.0)
    for bad in (np.zeros((2, 3, 4)), np.array([["a"]]), np.array([[object()]]), np.zeros(5)):
        np.save(tmp_path / "bad.npy", bad, allow_pickle=True)
        with pytest.raises(HondoError, match=r"bad\.npy"):
            read_depth(tmp_path / "bad.npy")
    for scale in (b"-.", b"1.2.3", b"x"):
        with pytest.raises(HondoError, match="damaged PFM"):
            read_depth(b"Pf\n1 1\n" + scale + b"\n" + bytes(4))
    np.save(tmp_path / "cut.npy", np.zeros((20, 20)))
    data = (tmp_path / "cut.npy").read_bytes()
    for length in (7, 60, 500):
        with pytest.raises(HondoError):
            read_depth(data[:length])


def test_photos(shared_data: Path) -> None:
    photos = sorted(path for path in (shared_data / "photos").iterdir() if path.suffix in (".jpg", ".png"))
    assert len(photos) == 14
    for path in photos:
        image = read_image(path)
        assert image.shape[:2] == image_size(path) and image.std() > 20
        assert np.abs(image[::4].astype(int) - cv2.imread(str(path))[::4, :, ::-1]).mean() < 1  # another decoder


def test_scene_flow(shared_data: Path) -> None:
    folder = shared_data / "stereo_sceneflow"
    left, right = (read_image(next(folder.glob(f"*{side}*.png"))) for side in ("cleanpass_left", "cleanpass_right"))
    disparity = read_depth(next(folder.glob("*.pfm")))
    assert left.shape == right.shape == (540, 960, 3) and disparity.shape == (540, 960)
    row, column = np.mgrid[:540, :960]
    there = np.clip(np.rint(column - disparity).astype(int), 0, 959)  # the same point in the right view
    assert np.abs(left.astype(int) - right[row, there]).mean() < 0.4 * np.abs(left.astype(int) - right).mean()


def test_depth_in_a_tiff_of_several_pages_is_told() -> None:
    pages = [Image.fromarray(np.full((3, 4), value, np.float32)) for value in (2, 3)]
    with pytest.warns(HondoWarning, match="holds several maps, of which the first is read"):
        assert (read_depth(saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])) == 2).all()


def test_every_16_bit_value_is_divided_exactly(tmp_path: Path):
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    for divide_by in (1.0, 256.0, 1000.0, 5000.0, 0.1):
        expected = (np.where(values > 0, values, np.nan) / divide_by).astype(np.float32)
        np.save(tmp_path / "all.npy", values)
        found = read_depth(tmp_path / "all.npy", divide_by=divide_by)
        assert found.dtype == np.float32 and np.array_equal(found, expected, equal_nan=True)
