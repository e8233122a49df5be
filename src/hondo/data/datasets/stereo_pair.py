"""Rectified stereo pairs on disk: a folder of left images, one of right images, and the baseline."""

import re
from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.types import Camera, Size
from hondo.data.partners.stereo_calibration import StereoCalibration, read_stereo_calibration
from hondo.images.placement import Crop

SIDE_BY_SIDE = "side-by-side"  # in place of the right images: each frame shows the left view beside the right one
# Names of the folders of left and right images; KITTI: 02 and 03 are its colour cameras.
FOLDERS = (("left", "right"), ("image_left", "image_right"), ("image_02", "image_03"), ("image_2", "image_3"))


def find_pair(root: Path) -> tuple[Path, Path] | None:
    """The folders of the left and the right images: those in ``root``, or ``root`` itself and the one beside it."""
    for left, right in FOLDERS:
        if (root / left).is_dir() and (root / right).is_dir():
            return root / left, root / right
        if root.name == left and (root.parent / right).is_dir():
            return root, root.parent / right
    return None


def is_pair_folder(root: Path) -> bool:
    """Whether a folder holds both folders of a pair."""
    pair = find_pair(root) if root.is_dir() else None
    return pair is not None and pair[0] != root


def left_and_right_half(size_hw: Size, *, crop: Crop | None = None) -> tuple[Crop, Crop]:
    """The windows of both views in a frame that shows them side by side; such frames cannot be cropped."""
    height, width = size_hw
    if crop is not None:
        raise HondoError(f"frames with both views {SIDE_BY_SIDE} cannot be cropped", field="crop")
    if width % 2:
        raise HondoError(f"frames of {width}x{height} (width x height) cannot be halved; give the right images instead")
    return (0, 0, height, width // 2), (0, width // 2, height, width // 2)


def same_number(left: Sequence[Path], right: list[Path], *, where: str) -> list[Path]:
    """The frames of the right video; refuses one of another length."""
    if len(left) != len(right):
        raise HondoError(f"{where}: {len(left)} left and {len(right)} right frames; cut both videos alike")
    return right


def right_side(right: str | Path | None, root: Path, *, is_needed: bool) -> str | Path | None:
    """Where the right images are; says which of two folders is missing if they are needed and not there."""
    if right is not None or not is_needed:
        return right
    for left, right in FOLDERS:
        there = [name for name in (left, right) if (root / name).is_dir()]
        if len(there) == 1:
            other = right if there[0] == left else left
            raise HondoError(f"{root}: {there[0]}/ is there and {other}/ is missing; a stereo pair needs both")
    raise HondoError(
        f"{root}: no stereo pairs; give a folder with left/ and right/, or data.right=FOLDER of the right images, or "
        f"data.right={SIDE_BY_SIDE} for frames that show both views",
        field="data.right",
    )


def calibration_of(camera: object) -> StereoCalibration:
    """What the calibration file says of the pair, where ``camera`` is a file."""
    is_file = isinstance(camera, str | Path) and Path(camera).is_file()
    return read_stereo_calibration(Path(str(camera))) if is_file else StereoCalibration()


def rectified_camera(calibration: StereoCalibration, size_hw: Size) -> Camera | None:
    """The camera of both rectified views, where the file states it."""
    if calibration.K is None:
        return None
    fx, fy, cx, cy = calibration.K
    return Camera(fx=fx, fy=fy, cx=cx, cy=cy, size_hw=size_hw)


def match_right(left: Sequence[Path], right: Sequence[Path]) -> list[Path]:
    """The right image of each left one: of the same name, or of the same numbers in it."""
    for key in (_stem, _numbers):
        found = {key(path): path for path in right}
        if len(found) == len(right) and all(key(path) in found for path in left):
            return [found[key(path)] for path in left]
    alone = _without_partner(left, right)
    example = f" (e.g. {alone[0].name} has none)" if alone else ""
    raise HondoError(
        f"{left[0].parent} and {right[0].parent}: {len(left)} left and {len(right)} right images whose names do not "
        f"pair{example}; give each pair the same name, and remove images whose other side is missing"
    )


def _without_partner(left: Sequence[Path], right: Sequence[Path]) -> list[Path]:
    """The left images without a right one, by names; else by the numbers in them."""
    alone: list[Path] = []
    for key in (_stem, _numbers):
        there = {key(path) for path in right}
        alone = [path for path in left if key(path) not in there]
        if len(alone) < len(left):
            break
    return alone


def check_baseline(baseline: float | None, root: Path) -> float:
    """The baseline; refuses an unknown one."""
    if baseline is None:
        raise HondoError(
            f"{root} holds stereo pairs; give data.baseline=METRES, the distance between the two cameras "
            "(e.g. data.baseline=0.12), or a calibration file that states it as data.camera, or the folder of the left "
            "images alone with data.sources=-1 1",
            field="data.baseline",
        )
    return baseline


def stereo_pose(baseline: float) -> Float[Tensor, "4 4"]:
    """T_right_left of a rectified pair: the right camera stands ``baseline`` metres to the right."""
    pose = torch.eye(4)
    pose[0, 3] = -baseline
    return pose


def _stem(path: Path) -> str:
    return re.sub(r"(left|right)", "", path.stem, flags=re.IGNORECASE)


def _numbers(path: Path) -> str:
    return "-".join(str(int(digits)) for digits in re.findall(r"\d+", path.stem))
