"""Rectified stereo pairs on disk: a folder of left images, one of right images, and the baseline."""

import re
from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from hondo.core.errors import HondoError

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


def match_right(left: Sequence[Path], right: Sequence[Path]) -> list[Path]:
    """The right image of each left one: of the same name, or of the same numbers in it."""
    for key in (_stem, _numbers):
        found = {key(path): path for path in right}
        if len(found) == len(right) and all(key(path) in found for path in left):
            return [found[key(path)] for path in left]
    raise HondoError(
        f"{left[0].parent} and {right[0].parent}: {len(left)} left and {len(right)} right images whose names do not "
        "pair; give each pair the same name"
    )


def check_baseline(baseline: float | None, root: Path) -> float:
    """The baseline; refuses an unknown one."""
    if baseline is None:
        raise HondoError(
            f"{root} holds stereo pairs; give data.baseline=METRES, the distance between the two cameras "
            "(e.g. data.baseline=0.12), or the folder of the left images alone with data.sources=-1 1",
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
