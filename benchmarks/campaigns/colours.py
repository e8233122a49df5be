"""Fourteen kinds of pixels by eight orientations by ten formats, against values that are computed here independently.

python benchmarks/campaigns/colours.py --json
"""

import io
import itertools
import warnings

import numpy as np
from campaign import Options, Tally, main
from PIL import Image

from hondo.core.errors import HondoError
from hondo.images.read import image_size, read_image

ROW, COLUMN = np.mgrid[:20, :33]
BASE = np.stack([COLUMN * 7, ROW * 12, COLUMN * 3 + ROW * 5], axis=-1).astype(np.uint8)
ALPHA = np.where(COLUMN < 12, 255, COLUMN * 7).astype(np.uint8)
DEEP = (COLUMN * 1900 + ROW * 7).astype(np.uint16)
# Format, its options, and how far a pixel may be off: at most, and on average (lossy formats).
FORMATS = {
    "png": ("PNG", {}, 1, 1),
    "tiff": ("TIFF", {}, 1, 1),
    "tiff lzw": ("TIFF", {"compression": "tiff_lzw"}, 1, 1),
    "tiff deflate": ("TIFF", {"compression": "tiff_adobe_deflate"}, 1, 1),
    "webp": ("WEBP", {"lossless": True, "exact": True}, 1, 1),
    "bmp": ("BMP", {}, 1, 1),
    "pnm": ("PPM", {}, 1, 1),
    "jpeg": ("JPEG", {"quality": 100, "subsampling": 0}, 20, 3),
    "avif": ("AVIF", {"quality": 100, "subsampling": "4:4:4"}, 60, 8),
    "gif": ("GIF", {}, 90, 25),
}
_TIFFS = ("tiff", "tiff lzw", "tiff deflate")
# Which formats store a kind of pixels at all; into the others Pillow converts it first, in its own way.
STORED_BY = {
    "RGBA": ("png", *_TIFFS, "webp", "avif"), "grey with alpha": ("png", *_TIFFS, "webp", "avif"),
    "palette with one transparent": ("png", "gif"), "CMYK": ("jpeg", *_TIFFS), "16 bit": ("png", *_TIFFS, "pnm"),
    "32 bit": ("png", *_TIFFS, "pnm"), "float": _TIFFS, "YCbCr": ("jpeg", *_TIFFS), "Lab": _TIFFS, "HSV": (),
}  # fmt: skip
WITHOUT_ORIENTATION = ("bmp", "pnm", "gif")


def grey(values: np.ndarray) -> np.ndarray:
    return np.repeat(np.asarray(values)[..., None], 3, axis=2).astype(float)


def on_white(colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    part = alpha[..., None] / 255
    return colours * part + 255 * (1 - part)


def from_ycbcr(image: Image.Image) -> np.ndarray:
    """By JFIF 1.02: full range, the weights of ITU-R BT.601."""
    y, cb, cr = (channel.astype(float) for channel in np.moveaxis(np.asarray(image), 2, 0))
    red, blue = y + 1.402 * (cr - 128), y + 1.772 * (cb - 128)
    green = (y - 0.299 * red - 0.114 * blue) / 0.587
    return np.stack([red, green, blue], axis=-1).clip(0, 255)


def kinds() -> dict[str, tuple[Image.Image, np.ndarray, dict]]:
    """A PIL image, what it looks like (RGB, floats) and options of saving, by kind of pixels."""
    rgb = Image.fromarray(BASE)
    luminance = rgb.convert("L")
    with_alpha, grey_alpha = rgb.copy(), luminance.convert("LA")
    with_alpha.putalpha(Image.fromarray(ALPHA))
    grey_alpha.putalpha(Image.fromarray(ALPHA))
    palette = rgb.quantize(64)
    table, shown = np.asarray(palette), np.asarray(palette.convert("RGB")).astype(float)
    cmyk = rgb.convert("CMYK")
    inks = np.asarray(cmyk).astype(float)
    floats = (COLUMN / 40).astype(np.float32)
    bits = luminance.convert("1")
    return {
        "RGB": (rgb, BASE.astype(float), {}),
        "grey": (luminance, grey(luminance), {}),
        "RGBA": (with_alpha, on_white(BASE, ALPHA), {}),
        "grey with alpha": (grey_alpha, on_white(grey(luminance), ALPHA), {}),
        "palette": (palette, shown, {}),
        "palette with one transparent": (
            rgb.quantize(64), np.where((table == 3)[..., None], 255.0, shown), {"transparency": 3},
        ),
        "bilevel": (bits, grey(np.asarray(bits) * 255.0), {}),
        "CMYK": (cmyk, (255 - inks[..., :3]) * (255 - inks[..., 3:]) / 255, {}),
        "16 bit": (Image.fromarray(DEEP), grey(DEEP / 257), {}),
        "32 bit": (Image.fromarray(DEEP.astype(np.int32)), grey(DEEP / 257), {}),
        "float": (Image.fromarray(floats), grey(floats * 255), {}),
        "YCbCr": (rgb.convert("YCbCr"), from_ycbcr(rgb.convert("YCbCr")), {}),
        "Lab": (rgb.convert("LAB"), BASE.astype(float), {}),
        "HSV": (rgb.convert("HSV"), BASE.astype(float), {}),
    }  # fmt: skip


def shown_as(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """By the text of EXIF 2.3: which side of the shown image the stored first row and first column are."""
    row = {1: "top", 2: "top", 3: "bottom", 4: "bottom", 5: "left", 6: "right", 7: "right", 8: "left"}[orientation]
    column = {1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom", 8: "bottom"}[orientation]
    height, width = pixels.shape[:2]
    size = (height, width) if row in ("top", "bottom") else (width, height)
    shown = np.zeros((*size, 3))
    for y, x in itertools.product(range(height), range(width)):
        place = {row: y, column: x}
        top = place["top"] if "top" in place else size[0] - 1 - place["bottom"]
        left = place["left"] if "left" in place else size[1] - 1 - place["right"]
        shown[top, left] = pixels[y, x]
    return shown


def run(options: Options) -> Tally:
    """Every combination that Pillow can write; files that it cannot write are counted apart."""
    warnings.simplefilter("ignore")
    tally, wanted = Tally(), {}
    for kind, (image, looks, extra) in kinds().items():
        for (name, (form, settings, most, mean)), turn in itertools.product(FORMATS.items(), range(1, 9)):
            if turn > 1 and name in WITHOUT_ORIENTATION:
                continue
            if name not in STORED_BY.get(kind, FORMATS):
                tally.count("not stored in this format")
                continue
            exif = Image.Exif()
            exif[0x0112] = turn
            file = io.BytesIO()
            try:
                image.save(file, form, **settings, **extra, **({} if name in WITHOUT_ORIENTATION else {"exif": exif}))
            except (OSError, ValueError, TypeError, KeyError):
                tally.count("not writable by Pillow")
                continue
            if (kind, turn) not in wanted:
                wanted[kind, turn] = shown_as(looks, turn)
            _judge(tally, f"{kind} as {name}, {turn}", file.getvalue(), wanted[kind, turn], most=most, mean=mean)
    return tally


def _judge(tally: Tally, what: str, content: bytes, wanted: np.ndarray, *, most: float, mean: float) -> None:
    try:
        found, size = read_image(content).astype(float), image_size(content)
    except HondoError:
        tally.count("refused")
        return
    except Exception as error:  # every other class is a fault
        tally.fault(f"{what}: {error!r}")
        return
    if found.shape != wanted.shape or size != found.shape[:2]:
        tally.fault(f"{what}: shape {found.shape}, stated {size}, right is {wanted.shape}")
    elif np.abs(found - wanted).max() > most or np.abs(found - wanted).mean() > mean:
        tally.fault(
            f"{what}: off by up to {np.abs(found - wanted).max():.0f}, {np.abs(found - wanted).mean():.1f} mean"
        )
    else:
        tally.count("right")


if __name__ == "__main__":
    main(
        "colours", run, asks="within 1/255 (lossy formats: their loss) or refused", count=14 * 8 * 10, quick=14 * 8 * 10
    )
