"""How far an exported file is from the torch model it came from; exports that are written only if they are close."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hondo.core.atomic import cannot_write, put_in_place
from hondo.core.errors import HondoError
from hondo.core.sample import Samples
from hondo.core.types import Size
from hondo.engines.base.engine import ExportOptions, LoadOptions
from hondo.engines.base.metadata import export_spec
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.quantization.calibration import QuantizationOptions
from hondo.engines.registry import ENGINES
from hondo.engines.tracing.graph_inputs import call_in_video
from hondo.evaluate.parity.check_set import CheckSet, check_inputs, check_samples
from hondo.evaluate.parity.ground_truth_delta import GroundTruthDelta
from hondo.metrics.reference import abs_rel_to_reference, rank_correlation
from hondo.models.base.depth_model import DepthModel


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """What an export may differ by. None: not checked, where only real images can show it."""

    max_share: float | None = None  # largest difference, as a share of the mean magnitude of torch's map
    mean_share: float | None = None  # mean difference, as such a share
    abs_rel: float | None = None  # of the depth to torch's, on real images
    truth: float | None = None  # how much worse a ground-truth metric may become, as a share of torch's


# float32 sums in another order differ by 1e-6 a layer; half and bfloat16 keep 11 and 8 bits, and an edge that moves is
# a large single difference. Accuracy is kept if depth differs by 2 % at most, and ground-truth metrics by 1 %.
TOLERANCES = {
    "fp32": Tolerance(max_share=1e-3, mean_share=1e-4, abs_rel=1e-3, truth=1e-3),
    "fp16": Tolerance(max_share=0.1, mean_share=1e-2, abs_rel=1e-2, truth=1e-2),
    "bf16": Tolerance(max_share=0.5, mean_share=5e-2, abs_rel=2e-2, truth=1e-2),
}
LARGEST_SHARE = 10.0  # larger shares are printed as "over 1000%"
INTEGERS = Tolerance(mean_share=0.1, abs_rel=2e-2, truth=1e-2)  # 8-bit numbers of any kind


def tolerance_of(precision: str, *, is_real: bool) -> Tolerance:
    """What an export in a precision may differ by, on real images or on made-up ones."""
    tolerance = INTEGERS if precision.startswith("int8") else TOLERANCES[precision]
    if not is_real:
        return replace(tolerance, abs_rel=None, truth=None)
    return replace(tolerance, mean_share=None) if precision.startswith("int8") else tolerance


@dataclass(frozen=True, kw_only=True)
class Parity:
    """Differences to torch in float32, in the unit of the map and as shares of its mean absolute value, over all
    images; rank correlation and abs_rel of the depth to torch's are means over images."""

    max_difference: float
    mean_difference: float
    max_share: float
    mean_share: float
    rank_correlation: float
    abs_rel: float
    images: int
    tolerance: Tolerance
    precision: str
    unit: str = ""
    truth: GroundTruthDelta | None = None

    def misses(self) -> tuple[str, ...]:
        """What is beyond the tolerance, in words."""
        worst = None if self.truth is None else self.truth.worst
        checked = [
            ("max difference", self.max_share, self.tolerance.max_share),
            ("mean difference", self.mean_share, self.tolerance.mean_share),
            ("abs_rel to torch", self.abs_rel, self.tolerance.abs_rel),
            ("ground-truth metrics worse by", worst, self.tolerance.truth),
        ]
        return tuple(
            f"{name} {_percent(value)} > {limit:.2%}"
            for name, value, limit in checked
            if value is not None and limit is not None and not value <= limit  # NaN misses too
        )

    @property
    def passed(self) -> bool:
        """Whether every difference is within its tolerance."""
        return not self.misses()

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return (
            f"parity with torch ({self.precision}): "
            f"max difference {self.max_difference:.3g}{unit} "
            f"({_percent(self.max_share)} of the mean value{_allowed(self.tolerance.max_share)}), "
            f"mean {self.mean_difference:.3g}{unit} ({_with_limit(self.mean_share, limit=self.tolerance.mean_share)}), "
            f"rank correlation {self.rank_correlation:.5f}, "
            f"abs_rel of the depth {_with_limit(self.abs_rel, limit=self.tolerance.abs_rel)} ({self.images} images)"
            + ("" if self.truth is None else f"; {self.truth}{_allowed(self.tolerance.truth)}")
        )


def compare(
    model: DepthModel, predictor: NetworkPredictor, *, images: Iterable[Float[np.ndarray, "b 3 H W"]]
) -> Parity:
    """Runs the network of ``predictor`` and ``model`` (in float32) on the same network inputs."""
    return compare_on(check_inputs(model, images), predictor)


def compare_on(checked: CheckSet, predictor: NetworkPredictor) -> Parity:
    """How far a predictor is from torch on these images."""
    given = [
        _same_shape(predictor, image, wanted) for image, wanted in zip(checked.inputs, checked.wanted, strict=True)
    ]
    pairs, kind = list(zip(given, checked.wanted, strict=True)), checked.model.kind
    magnitude = max(float(np.mean([np.abs(wanted).mean() for wanted in checked.wanted])), 1e-12)
    largest = max(float(np.abs(each - wanted).max()) for each, wanted in pairs)
    mean = float(np.mean([np.abs(each - wanted).mean() for each, wanted in pairs]))
    return Parity(
        max_difference=largest,
        mean_difference=mean,
        max_share=largest / magnitude,
        mean_share=mean / magnitude,
        rank_correlation=float(np.mean([rank_correlation(each, wanted) for each, wanted in pairs])),
        abs_rel=float(np.mean([abs_rel_to_reference(each, wanted, kind=kind) for each, wanted in pairs])),
        images=len(pairs),
        tolerance=tolerance_of(predictor.precision, is_real=checked.is_real),
        precision=predictor.precision,
        unit=kind.unit,
        truth=checked.truth(given) if checked.is_real else None,
    )


def export_checked(
    model: DepthModel,
    path: Path,
    *,
    engine: str,
    size_hw: Size | None = None,
    precision: str = "fp32",
    dynamic: bool = False,
    batch: int = 1,
    force: bool = False,
    licence: str = "",
    samples: Samples | None = None,
    quantization: QuantizationOptions | None = None,
) -> Parity:
    """Exports beside ``path``, loads what was written, compares it with torch, and only then puts it in place.

    It is compared on ``samples``, real images with ground truth or without; or else on the validation
    images of ``quantization``, within the error it allows; or else on made-up ones. A file that misses the tolerance
    is refused with HondoError, unless ``force``.
    """
    target = ENGINES[engine]
    if path.suffix != target.suffix:
        raise HondoError(f"{path}: an export to {engine} is written to a file that ends in {target.suffix}")
    size_hw = size_hw or model.input_spec.size_hw
    with _written(path) as folder:
        draft = folder / path.name
        options = ExportOptions(
            size_hw=size_hw, precision=precision, dynamic=dynamic, batch=batch, licence=licence,
            quantization=quantization,
        )  # fmt: skip
        target.export(model, draft, options)
        predictor = target.load(draft, LoadOptions(device=target.compared_on))
        if samples is not None:
            spec = export_spec(model.input_spec, size_hw=size_hw, dynamic=dynamic)
            parity = compare_on(check_samples(model, samples, spec=spec), predictor)
        elif quantization is not None:
            parity = compare(model, predictor, images=quantization.calibration.validation_images)
            parity = replace(parity, tolerance=Tolerance(abs_rel=quantization.max_abs_rel_error))
        else:
            sizes = [size_hw, _another_size(model, size_hw)] if dynamic else [size_hw]
            seeds = np.arange(2 * batch).reshape(2, batch)
            images = [
                np.concatenate([probe_image(size, seed=int(seed)) for seed in some]) for size in sizes for some in seeds
            ]
            parity = compare(model, predictor, images=images)
        predictor.close()
        if not (parity.passed or force):
            raise HondoError(
                f"{path} was not written: {', '.join(parity.misses())}; {parity}; "
                "export in a higher precision, or write it anyway with force=True",
                field="force",
            )
        for written in sorted(folder.iterdir(), reverse=True):  # the .xml after its .bin
            put_in_place(written, path.with_name(written.name))
    return parity


@contextmanager
def _written(path: Path) -> Iterator[Path]:
    """A folder beside ``path`` that is gone afterwards; whatever speaks against writing in it names ``path``."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".export-") as folder:
            yield Path(folder)
    except OSError as error:
        raise cannot_write(path, error) from error


def probe_image(size_hw: Size, *, seed: int) -> Float[np.ndarray, "1 3 H W"]:
    """A made-up scene in RGB 0..1: sky, textured ground, boxes and noise, so that every scale has something to see."""
    height, width = size_hw
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width] / np.array([height, width]).reshape(2, 1, 1)
    waves = 0.1 * np.sin(40 * columns / (0.1 + rows)) * rows
    image = np.stack([0.8 - 0.5 * rows + waves, 0.8 - 0.4 * rows + waves, 0.9 - 0.7 * rows + waves])
    for _ in range(8):
        top, left = random.integers(0, height), random.integers(0, width)
        box = np.s_[:, top : top + max(height // 4, 1), left : left + max(width // 6, 1)]
        image[box] = random.random((3, 1, 1)) + 0.1 * waves[box[1:]]
    image += random.normal(0, 0.02, image.shape)
    return np.clip(image, 0, 1).astype(np.float32)[None]


def _same_shape(
    predictor: NetworkPredictor, image: Float[np.ndarray, "b 3 H W"], wanted: Float[np.ndarray, "b c h w"]
) -> Float[np.ndarray, "b c h w"]:
    """The predictor's map of an input; refused if it has another shape than torch's, or holds no numbers."""
    given = call_in_video(predictor, image)()[:, :1]  # the depth, not its confidence
    if given.shape != wanted.shape or not np.isfinite(given).all():
        raise HondoError(
            f"{predictor.engine} gave {given.shape} with {np.isnan(given).sum()} NaN, torch gave {wanted.shape}"
        )
    return given


def _percent(share: float) -> str:
    """As a percentage; what is too large to mean anything without its many digits."""
    return f"over {LARGEST_SHARE:.0%}" if share > LARGEST_SHARE else f"{share:.3%}"


def _with_limit(share: float, *, limit: float | None) -> str:
    return f"{_percent(share)}{_allowed(limit)}"


def _allowed(limit: float | None) -> str:
    return "" if limit is None else f", allowed {limit:.2%}"


def _another_size(model: DepthModel, size_hw: Size) -> Size:
    step = model.input_spec.multiple_of
    return size_hw[0] + step, max(size_hw[1] - step, step)
