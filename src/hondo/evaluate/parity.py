"""How far an exported file is from the torch model it came from; exports that are written only if they are close."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from hondo.core.atomic import cannot_write
from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.engines.predictor import NetworkPredictor
from hondo.engines.table import ENGINES, engine_name
from hondo.models.depth import DepthModel

# (largest, mean) difference allowed, as a share of the mean magnitude of torch's map. float32 sums in another order
# differ by 1e-6 a layer; half and bfloat16 keep 11 and 8 bits, and an edge that moves is a large single difference.
TOLERANCES = {"fp32": (1e-3, 1e-4), "fp16": (0.1, 1e-2), "bf16": (0.5, 5e-2)}


@dataclass(frozen=True, kw_only=True)
class Parity:
    """Differences to torch in float32, in the unit of the map, and as shares of its mean absolute value."""

    max_difference: float
    mean_difference: float
    max_share: float
    mean_share: float
    tolerance: tuple[float, float]  # of max_share and mean_share
    precision: str
    unit: str = ""

    @property
    def passed(self) -> bool:
        return self.max_share <= self.tolerance[0] and self.mean_share <= self.tolerance[1]

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return (
            f"parity with torch ({self.precision}): "
            f"max difference {self.max_difference:.3g}{unit} "
            f"({self.max_share:.3%} of the mean value, allowed {self.tolerance[0]:.2%}), "
            f"mean {self.mean_difference:.3g}{unit} ({self.mean_share:.3%}, allowed {self.tolerance[1]:.3%})"
        )


def compare(model: DepthModel, predictor: NetworkPredictor, *, images: list[Float[np.ndarray, "1 3 H W"]]) -> Parity:
    """Runs the network of ``predictor`` and ``model`` (in float32) on the same network inputs."""
    differences, magnitudes = [], []
    for image in images:
        wanted = _torch_map(model, image)
        given = predictor.run(image)
        if given.shape != wanted.shape or not np.isfinite(given).all():
            raise HondoError(
                f"{predictor.engine} gave {given.shape} with {np.isnan(given).sum()} NaN, torch gave {wanted.shape}"
            )
        differences.append(np.abs(given - wanted).ravel())
        magnitudes.append(np.abs(wanted).ravel())
    difference, magnitude = np.concatenate(differences), float(np.concatenate(magnitudes).mean())
    largest, mean = float(difference.max()), float(difference.mean())
    return Parity(
        max_difference=largest,
        mean_difference=mean,
        max_share=largest / max(magnitude, 1e-12),
        mean_share=mean / max(magnitude, 1e-12),
        tolerance=TOLERANCES[predictor.precision],
        precision=predictor.precision,
        unit=model.kind.unit,
    )


def export_checked(
    model: DepthModel,
    path: Path,
    *,
    engine: str,
    size_hw: Size | None = None,
    precision: str = "fp32",
    dynamic: bool = False,
    force: bool = False,
    licence: str = "",
) -> Parity:
    """Exports beside ``path``, loads what was written, compares it with torch, and only then puts it in place.

    A file that misses the tolerance is refused with HondoError, unless ``force``.
    """
    module = ENGINES[engine_name(engine)]
    if path.suffix != module.SUFFIX:
        raise HondoError(f"{path}: an export to {engine} is written to a file that ends in {module.SUFFIX}")
    size_hw = size_hw or model.input_spec.size_hw
    with _written(path), tempfile.TemporaryDirectory(dir=path.parent, prefix=".export-") as folder:
        draft = Path(folder) / path.name
        module.export(model, draft, size_hw=size_hw, precision=precision, dynamic=dynamic, licence=licence)
        predictor = module.load(draft, device=getattr(module, "CHECKED_ON", "cpu"))
        sizes = [size_hw, _another_size(model, size_hw)] if dynamic else [size_hw]
        parity = compare(model, predictor, images=[probe_picture(size, seed=seed) for size in sizes for seed in (0, 1)])
        predictor.close()
        if not (parity.passed or force):
            raise HondoError(
                f"{path} was not written: {parity}; export in a higher precision, or write it anyway with --force"
            )
        for written in sorted(Path(folder).iterdir(), reverse=True):  # the .xml after its .bin
            os.replace(written, path.with_name(written.name))
    return parity


@contextmanager
def _written(path: Path) -> Iterator[None]:
    """Makes the folder of ``path``; what the system says against writing there names ``path``."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise cannot_write(path, error) from error


def probe_picture(size_hw: Size, *, seed: int) -> Float[np.ndarray, "1 3 H W"]:
    """A made-up scene in RGB 0..1: sky, textured ground, boxes and noise, so that every scale has something to see."""
    height, width = size_hw
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width] / np.array([height, width]).reshape(2, 1, 1)
    waves = 0.1 * np.sin(40 * columns / (0.1 + rows)) * rows
    picture = np.stack([0.8 - 0.5 * rows + waves, 0.8 - 0.4 * rows + waves, 0.9 - 0.7 * rows + waves])
    for _ in range(8):
        top, left = random.integers(0, height), random.integers(0, width)
        box = np.s_[:, top : top + max(height // 4, 1), left : left + max(width // 6, 1)]
        picture[box] = random.random((3, 1, 1)) + 0.1 * waves[box[1:]]
    picture += random.normal(0, 0.02, picture.shape)
    return np.clip(picture, 0, 1).astype(np.float32)[None]


def _torch_map(model: DepthModel, image: Float[np.ndarray, "1 3 H W"]) -> Float[np.ndarray, "1 1 H W"]:
    device = next(model.parameters()).device
    with torch.inference_mode():
        return model(torch.from_numpy(image).to(device))[0].float().cpu().numpy()


def _another_size(model: DepthModel, size_hw: Size) -> Size:
    step = model.input_spec.multiple_of
    return size_hw[0] + step, max(size_hw[1] - step, step)
