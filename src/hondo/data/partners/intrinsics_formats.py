"""Intrinsics as files of other programs state them: JSON, YAML (ROS, OpenCV, Kalibr), COLMAP, KITTI, ScanNet, text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError
from hondo.core.text_file import load_json, split_words
from hondo.core.types import Size


@dataclass(frozen=True, kw_only=True)
class Stated:
    """Intrinsics as a file states them, in pixels of an image of ``size_hw`` (None: not stated)."""

    K: tuple[float, float, float, float]  # fx, fy, cx, cy
    size_hw: Size | None = None
    distortion: tuple[float, ...] = ()
    lens: str = ""  # the model of the lens, if it is no pinhole
    label: str = ""  # which of several cameras


# COLMAP's models: how many focal lengths they have; the rest after cx, cy is distortion.
_COLMAP = {
    "SIMPLE_PINHOLE": 1, "PINHOLE": 2, "SIMPLE_RADIAL": 1, "RADIAL": 1, "OPENCV": 2, "FULL_OPENCV": 2,
    "OPENCV_FISHEYE": 2, "SIMPLE_RADIAL_FISHEYE": 1, "RADIAL_FISHEYE": 1, "THIN_PRISM_FISHEYE": 2, "FOV": 2,
}  # fmt: skip
_FISHEYE = re.compile(r"fisheye|equidistant|kannala|omni|\bmei\b|eucm|double.?sphere|\bds\b", re.IGNORECASE)
# Last parts of names (lower case) and what they mean.
_NUMBERS = {
    "fx": "fx", "fl_x": "fx", "focal_x": "fx", "fy": "fy", "fl_y": "fy", "focal_y": "fy", "cx": "cx", "ppx": "cx",
    "cy": "cy", "ppy": "cy", "width": "width", "w": "width", "image_width": "width", "m_colorwidth": "width",
    "height": "height", "h": "height", "image_height": "height", "m_colorheight": "height",
}  # fmt: skip
_MATRICES = (
    "k", "camera_matrix", "cameramatrix", "intrinsic_matrix", "intrinsics", "intrinsic", "camera_intrinsics",
    "camera_intrinsic", "m1", "m_calibrationcolorintrinsic", "cam0", "cam1",
)  # fmt: skip
_COEFFICIENTS = (
    "d", "dist_coeffs", "distortion_coefficients", "distortion_coeffs", "distortion", "distcoeffs", "coeffs", "d1",
)  # fmt: skip
_COEFFICIENT = re.compile(r"k[1-6]|p[12]")
_LISTED = re.compile(r"dist(?!ance)\w*(?<!model)(?<!type)")  # other names of a list of coefficients
_LENS = ("distortion_model", "camera_model", "model", "type")


def parse_intrinsics(text: str) -> list[Stated]:
    """Every camera that a text states. JSON with plain fx, fy, cx, cy must also state the image's size."""
    start = text.lstrip()
    if start.startswith("{"):
        return _from_tree(load_json(text, name="the intrinsics"), needs_size=True)
    if start.startswith("<"):
        raise HondoError("this is XML; save the calibration as YAML or JSON, or give fx,fy,cx,cy")
    if re.search(rf"^\s*\d+\s+({'|'.join(_COLMAP)})\s", text, re.MULTILINE):
        return _from_colmap(text)
    if re.search(r"^(P\d|P_rect_\d\d|K_\d\d):", text, re.MULTILINE):
        return _from_kitti(text)
    if re.search(r"^\s*[A-Za-z_][\w.]*\s*[:=]", text, re.MULTILINE):
        return _from_tree(yaml_tree(text), needs_size=False)
    return [_from_numbers(split_words(text))]


def _from_numbers(words: Sequence[Any]) -> Stated:
    """4 numbers (fx fy cx cy), 9 (K), 16 (4x4) or 12 (projection matrix, or several such with one K)."""
    try:
        numbers = np.array([float(word) for word in words])
    except (ValueError, TypeError) as error:
        raise HondoError(f"intrinsics must be numbers only ({error}); give K as 3x3, or fx fy cx cy") from error
    if numbers.size == 4:
        return Stated(K=tuple(numbers.tolist()))
    if numbers.size == 9:
        return Stated(K=_of_K(numbers.reshape(3, 3)))
    if numbers.size == 16:
        matrix = numbers.reshape(4, 4)
        return Stated(K=_of_K((matrix.T if matrix[2, 0] or matrix[2, 1] else matrix)[:3, :3]))
    if numbers.size and numbers.size % 12 == 0:
        matrices = numbers.reshape(-1, 3, 4)[:, :, :3]
        if (matrices != matrices[0]).any():
            raise HondoError(f"found {len(matrices)} projection matrices of different cameras; give one of them")
        return Stated(K=_of_K(matrices[0]))
    raise HondoError(
        f"found {numbers.size} numbers; give K (9 or 4x4), a 3x4 projection matrix (12) or fx fy cx cy (4)"
    )


def _of_K(K: Float[np.ndarray, "3 3"]) -> tuple[float, float, float, float]:
    """fx, fy, cx, cy of a matrix, or of one written column by column (Open3D, Record3D); skew is refused."""
    if K[0, 2] == 0 == K[1, 2] and (K[2, 0] or K[2, 1]):
        K = K.T
    if abs(K[0, 1]) > 1e-6 or abs(K[1, 0]) > 1e-6 or not np.allclose(K[2], (0, 0, 1)):
        raise HondoError(f"K must be [[fx 0 cx] [0 fy cy] [0 0 1]] (no skew), got {K.tolist()}")
    return float(K[0, 0]), float(K[1, 1]), float(K[0, 2]), float(K[1, 2])


def _from_colmap(text: str) -> list[Stated]:
    found = []
    for line in text.split("\n"):
        words = line.split()
        if len(words) < 7 or line.lstrip().startswith("#") or words[1] not in _COLMAP:
            continue
        numbers, focals = [float(word) for word in words[4:]], _COLMAP[words[1]]
        fx, fy, (cx, cy) = numbers[0], numbers[focals - 1], numbers[focals : focals + 2]
        found.append(Stated(
            K=(fx, fy, cx, cy), size_hw=(int(words[3]), int(words[2])), distortion=tuple(numbers[focals + 2 :]),
            lens=words[1] if "FISHEYE" in words[1] or words[1] == "FOV" else "", label=f"camera {words[0]}",
        ))  # fmt: skip
    return found


def _from_kitti(text: str) -> list[Stated]:
    """Rectified cameras first, the left colour camera (2) before others; then those before rectification."""
    rows = dict(re.findall(r"^(\w+):[ \t]*(.*)$", text, re.MULTILINE))
    names = [f"P_rect_0{n}" for n in (2, 3, 0, 1)] + [f"P{n}" for n in (2, 3, 0, 1)] + [f"K_0{n}" for n in (2, 3, 0, 1)]
    found = []
    for name in (name for name in names if name in rows):
        number = name[-2:]
        size = [int(float(word)) for word in rows.get(f"S{'_rect' if 'rect' in name else ''}_{number}", "").split()]
        coefficients = rows.get(f"D_{number}", "").split() if name.startswith("K") else []
        stated = _from_numbers(rows[name].split())
        found.append(Stated(
            K=stated.K, size_hw=(size[1], size[0]) if size else None, label=name,
            distortion=tuple(float(word) for word in coefficients),
        ))  # fmt: skip
    return found


def _from_tree(tree: Mapping[str, Any], *, needs_size: bool) -> list[Stated]:
    """The cameras of nested names: each group with fx, fy, cx, cy or a matrix; sizes may stand a level above."""
    groups: dict[str, dict[str, Any]] = {}
    _collect(tree, path=(), groups=groups)
    found = []
    for name, group in groups.items():
        facts = {
            key: value for part in _levels(name) for key, value in groups.get(part, {}).items() if not _is_camera(key)
        } | group
        if not any(_is_camera(key) for key in group):
            continue
        found.append(_of_group(facts, label=name, needs_size=needs_size))
    if not found:
        missing = "fx, fy, cx, cy, width, height"
        raise HondoError(f"intrinsics lack {missing}; give fx, fy, cx, cy, width and height in pixels")
    return found


def _of_group(facts: Mapping[str, Any], *, label: str, needs_size: bool) -> Stated:
    named = {"fx", "fy", "cx", "cy"} & set(facts)
    matrix = next((facts[key] for key in _MATRICES if key in facts), None)
    if named or matrix is None:
        wanted = ("fx", "fy", "cx", "cy") + (("width", "height") if needs_size else ())
        missing = [name for name in wanted if name not in facts]
        if missing:
            raise HondoError(f"intrinsics lack {', '.join(missing)}; give fx, fy, cx, cy, width and height in pixels")
        fx, fy, cx, cy = (_number(name, facts[name]) for name in ("fx", "fy", "cx", "cy"))
        K = (fx, fy, cx, cy)
    else:
        K = _from_numbers(flat_words(matrix)).K
    size = None
    if "resolution" in facts:
        width, height = (int(_number("resolution", side)) for side in flat_words(facts["resolution"])[:2])
        size = height, width
    elif "width" in facts and "height" in facts:
        size = int(_number("height", facts["height"])), int(_number("width", facts["width"]))
    keys = [key for key in facts if key in _COEFFICIENTS or _LISTED.fullmatch(key)]
    listed = next((flat_words(facts[key]) for key in keys), [])
    listed = listed or [facts[key] for key in sorted(facts) if _COEFFICIENT.fullmatch(key)]
    lens = " ".join(str(facts[key]) for key in _LENS if key in facts)
    return Stated(
        K=K, size_hw=size, distortion=tuple(_number("distortion", value) for value in listed), label=label,
        lens=lens if _FISHEYE.search(lens) else "",
    )  # fmt: skip


def _collect(tree: Mapping[str, Any], *, path: tuple[str, ...], groups: dict[str, dict[str, Any]]) -> None:
    for name, value in tree.items():
        *above, leaf = (*path, *str(name).split("."))
        key = _NUMBERS.get(leaf.lower(), leaf.lower())
        if isinstance(value, Mapping) and "data" in value:
            value = value["data"]  # OpenCV's and ROS's matrices
        if isinstance(value, Mapping):
            _collect(value, path=(*above, leaf), groups=groups)
        else:
            groups.setdefault(".".join(above), {})[key] = value


def _levels(name: str) -> list[str]:
    parts = name.split(".")
    return ["", *(".".join(parts[: count + 1]) for count in range(len(parts) - 1))]


def _is_camera(key: str) -> bool:
    return key in ("fx", "fy", "cx", "cy") or key in _MATRICES


def flat_words(value: Any) -> list[Any]:
    if isinstance(value, str):
        return split_words(value.replace("(", " ").replace(")", " "))
    if not isinstance(value, Sequence):
        return [value]
    return [word for item in value for word in flat_words(item)]


def _number(name: str, value: Any) -> float:
    """A number, also one written as text or with its unit px."""
    text = re.sub(r"\s*(px|pixels?)$", "", value.strip().strip("'\"")) if isinstance(value, str) else value
    try:
        return float(text)
    except (TypeError, ValueError, OverflowError) as error:
        raise HondoError(f"intrinsics must be numbers in pixels, but {name} is {value!r}") from error


def yaml_tree(text: str) -> dict[str, Any]:
    """Nested ``name: value`` lines (also ``name = value``) as a tree: as much of YAML as calibration files use."""
    root: dict[str, Any] = {}
    levels: list[tuple[int, dict[str, Any]]] = [(-1, root)]
    lines = iter(line for line in text.split("\n") if not re.match(r"\s*(#|%|---|\.\.\.|$)", line))
    for line in lines:
        found = re.match(r"(\s*)(?:-\s+)?([\w.]+)\s*[:=]\s*(.*?)\s*(?:\s#.*)?$", line)
        if not found:
            continue
        indent, name, value = len(found[1]), found[2], re.sub(r"^!!\S+\s*", "", found[3])
        while value.count("[") > value.count("]"):
            value += " " + next(lines, "]" * value.count("["))
        while levels[-1][0] >= indent:
            levels.pop()
        if value:
            levels[-1][1][name] = value
        else:
            levels[-1][1][name] = branch = {}
            levels.append((indent, branch))
    return root
