"""A folder of predictions of any program, PNG16 or NPY, matched to samples by name; predictions.json describes it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hondo.core.errors import HondoError
from hondo.core.sample import Sample
from hondo.core.text_file import read_json
from hondo.core.types import DepthKind, DepthMap
from hondo.images.depth_file import PngScale, read_png16, stored_scale
from hondo.images.formats.numpy_file import stack_length
from hondo.images.listing import visible_files
from hondo.images.read import opened, read_depth

INDEX = "predictions.json"
SUFFIXES = (".npy", ".npz", ".pfm", ".exr", ".tif", ".tiff", ".png")  # of one name the first: floats before 16 bits
STACK_SUFFIXES = (".npy", ".npz")
_FRAME_OF_VIDEO = re.compile(r".+#\d{6,}")  # origins of frames; a file may have # in its name too
_NAME_PARTS = 4  # how many parts of an image's path may stand in its prediction's name


@dataclass(frozen=True, kw_only=True)
class Indexed:
    """The entry of one image in predictions.json."""

    kind: DepthKind
    png: Path | None = None
    scale: PngScale | None = None


class PredictionFolder:
    """Predictions as a function of a sample: the file whose name is that of the sample's image.

    Names that match ``.../b/c/000007.jpg``: 000007, c_000007, b_c_000007, c/000007 (also with "-"), with or without
    ".depth" or an end that all files share ("_disp", "-dpt_large_384"), with a suffix of SUFFIXES; a bare stem counts
    only where no other sample has the same. A single NPY or NPZ with as many maps as samples (n h w) holds them in the
    order of the samples. What files hold is read from predictions.json and from the PNGs hondo wrote; of others, PNG16
    is ``kind`` x ``png_factor``, all else ``kind``. In a PNG of relative inverse depth 0 is a value.
    """

    def __init__(
        self, folder: str | Path, origins: Sequence[str], *, kind: DepthKind = DepthKind.METRIC_DEPTH, png_factor: float
    ) -> None:
        if not (np.isfinite(png_factor) and png_factor > 0):
            raise HondoError(f"the PNG factor must be a positive number (256, 1000), got {png_factor:g}")
        self.folder = Path(folder)
        self.index = _read_index(self.folder / INDEX)
        kinds = {entry.kind for entry in self.index.values()}
        self.kind = kinds.pop() if len(kinds) == 1 else kind
        self.foreign_scale = PngScale(factor=png_factor, offset=0.0, unit="m" if kind.is_metric else "", kind=kind)
        self.files = _list_files(self.folder)
        self.stems = Counter(Path(origin).stem for origin in origins)
        self.stack = _find_stack(self.files, origins)
        self.places = {origin: index for index, origin in enumerate(origins)}

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.folder.resolve().name

    def __call__(self, sample: Sample) -> DepthMap:
        origin = Path(sample.origin)
        indexed = self.index.get(_source_key(sample.origin))
        if indexed is not None and indexed.png is not None:
            return read_png16(indexed.png, scale=indexed.scale)
        if self.stack is not None:
            return DepthMap(values=read_depth(self.stack, index=self.places[sample.origin]), kind=self.kind)
        path = self._find(origin)
        if path.suffix.lower() != ".png":
            return DepthMap(values=read_depth(path), kind=self.kind if indexed is None else indexed.kind)
        scale = stored_scale(path)
        if scale is None and self.foreign_scale.kind is DepthKind.RELATIVE_INVERSE_DEPTH:
            return DepthMap(values=np.nan_to_num(read_depth(path), nan=0.0), kind=self.foreign_scale.kind)
        return read_png16(path, scale=scale or self.foreign_scale)

    def _find(self, origin: Path) -> Path:
        names = self._names(origin)
        found = next((self.files[name] for name in names if name in self.files), None)
        if found is None:
            has_arrays = any(path.suffix.lower() in STACK_SUFFIXES for path in self.files.values())
            hint = "; of a stack (n h w) give the file itself" if has_arrays else ""
            raise HondoError(f"{self.folder}: no prediction for this image (looked for {', '.join(names[-3:])}){hint}")
        return found

    def _names(self, origin: Path) -> list[str]:
        """From the most to the least specific."""
        stem = origin.name if _FRAME_OF_VIDEO.fullmatch(origin.name) else origin.stem
        parts = [*origin.parent.parts[-(_NAME_PARTS - 1) :], stem]
        names = [sign.join(parts[start:]) for start in range(len(parts) - 1) for sign in ("/", "_", "-")]
        return [*names, stem] if self.stems[origin.stem] <= 1 else names


def _list_files(folder: Path) -> dict[str, Path]:
    """Name within the folder, without suffix, ".depth" and the end that all files share, to file."""
    files: dict[str, Path] = {}
    for path in sorted([folder] if folder.is_file() else visible_files(folder, recursive=True), key=_rank):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            name = path.relative_to(folder).with_suffix("").as_posix() if path != folder else path.stem
            files.setdefault(name.removesuffix(".depth"), path)
    if not files:
        raise HondoError(f"{folder}: no predictions ({', '.join(SUFFIXES)}) in this folder")
    first = next(iter(files))
    for end in (first[at:] for at, sign in enumerate(first) if sign in "_-"):
        if all(name.endswith(end) for name in files):
            files = {name.removesuffix(end): path for name, path in files.items()} | files
            break
    return files


def _rank(path: Path) -> int:
    suffix = path.suffix.lower()
    return SUFFIXES.index(suffix) if suffix in SUFFIXES else len(SUFFIXES)


def _find_stack(files: dict[str, Path], origins: Sequence[str]) -> Path | None:
    """The one file that holds all maps (n h w); None where each sample has a file of its own."""
    paths = set(files.values())
    path = next(iter(paths))
    if len(paths) > 1 or path.suffix.lower() not in STACK_SUFFIXES:
        return None
    with opened(path) as (file, name, _):
        count = stack_length(file, name=name)
    if count == 1:
        return None
    if count != len(origins) or len(set(origins)) != count:
        raise HondoError(
            f"{path} holds {count} maps, but the data has {len(set(origins))} different samples; give all of them in "
            "the order of the maps (without every or only), or one file for each map"
        )
    return path


def _read_index(path: Path) -> dict[str, Indexed]:
    """Source (of a video: with the frame number) to its entry in predictions.json, without failed items."""
    if not path.exists():
        return {}
    frames: Counter[str] = Counter()
    entries = {}
    try:
        for item in read_json(path)["items"]:
            source = item["source"]
            if item.get("time_s") is not None:
                source = f"{source}#{frames[item['source']]:06d}"
                frames[item["source"]] += 1
            if not item.get("error"):
                entries[_source_key(source)] = _indexed(item, folder=path.parent)
    except (LookupError, AttributeError, TypeError, ValueError) as error:
        raise HondoError(f"{path}: not a predictions.json of hondo ({error}); write it again, or remove it") from error
    return entries


def _indexed(item: dict[str, Any], *, folder: Path) -> Indexed:
    kind = DepthKind(item["kind"])
    if not item.get("png"):
        return Indexed(kind=kind)
    unit = item.get("unit") or ""
    stored_kind = DepthKind.METRIC_DEPTH if unit == "m" else kind  # metric inverse depth is stored as metres
    scale = PngScale(factor=float(item["factor"]), offset=float(item.get("offset") or 0), unit=unit, kind=stored_kind)
    return Indexed(kind=kind, png=folder / item["png"], scale=scale)


def is_prediction_folder(path: Path) -> bool:
    """A folder with an index, or with depth files and no checkpoints of a run; or a file that may hold a stack."""
    if path.is_file():
        return path.suffix.lower() in STACK_SUFFIXES
    if not path.is_dir() or (path / "recipe.json").exists() or (path / "checkpoints").exists():
        return False
    return (path / INDEX).exists() or any(
        file.suffix.lower() in SUFFIXES for file in visible_files(path, recursive=True)
    )


def _source_key(source: str) -> str:
    return str(Path(source).resolve())
