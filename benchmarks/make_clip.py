"""Makes the embedded clip: `python benchmarks/make_clip.py FOLDER` with the HoloLens clip of the development data.

Images are scaled to SIZE_HW (area averaging) and stored as JPEG; depth maps are sampled at the nearest pixel, never
averaged, so that no depth is made up at an edge, and stay 16-bit PNG in millimetres; the intrinsics are scaled too.
"""

import argparse
import json
import shutil
from pathlib import Path

import cv2
import numpy as np

from hondo.core.types import Camera

CLIP = Path(__file__).resolve().parents[1] / "src" / "hondo" / "assets" / "clip"
SIZE_HW = (256, 384)  # the aspect of the original (360x540), and multiples of 32: no padding in a network
JPEG_QUALITY = 80  # keeps the folder under 3 MB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="holds image/*.jpg, depth_mm/*.png, K.txt, poses_cam_to_world.txt")
    folder = parser.parse_args().folder
    images = sorted((folder / "image").glob("*.jpg"))
    first = int(images[0].stem)
    for name in ("images", "depth"):
        shutil.rmtree(CLIP / name, ignore_errors=True)
        (CLIP / name).mkdir(parents=True)
    for path in images:
        write_image(path, CLIP / "images" / f"{int(path.stem) - first:03d}.jpg")
    for path in sorted((folder / "depth_mm").glob("*.png")):
        write_depth(path, CLIP / "depth" / f"{int(path.stem) - first:03d}.png")
    original_hw = cv2.imread(str(images[0])).shape[:2]
    write_intrinsics(folder / "K.txt", original_hw)
    shutil.copyfile(folder / "poses_cam_to_world.txt", CLIP / "poses.txt")
    size = sum(path.stat().st_size for path in CLIP.rglob("*") if path.is_file())
    print(f"{len(images)} frames, {size / 1e6:.2f} MB")


def write_image(source: Path, target: Path) -> None:
    height, width = SIZE_HW
    image = cv2.resize(cv2.imread(str(source)), (width, height), interpolation=cv2.INTER_AREA)
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1, cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    cv2.imwrite(str(target), image, options)


def write_depth(source: Path, target: Path) -> None:
    depth_mm = cv2.imread(str(source), cv2.IMREAD_UNCHANGED)
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(int) for new, old in zip(SIZE_HW, depth_mm.shape, strict=True)
    )
    cv2.imwrite(str(target), depth_mm[rows[:, None], columns], [cv2.IMWRITE_PNG_COMPRESSION, 9])


def write_intrinsics(K_file: Path, original_hw: tuple[int, int]) -> None:
    camera = Camera.from_K(np.loadtxt(K_file), size_hw=original_hw).resized(SIZE_HW)
    height, width = SIZE_HW
    numbers = {"fx": camera.fx, "fy": camera.fy, "cx": camera.cx, "cy": camera.cy}
    rounded = {name: round(value, 4) for name, value in numbers.items()} | {"width": width, "height": height}
    (CLIP / "intrinsics.json").write_text(json.dumps(rounded) + "\n")


if __name__ == "__main__":
    main()
