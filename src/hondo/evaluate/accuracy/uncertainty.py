"""Whether the confidence of depth maps tells where they are wrong, beside two uncertainties that look at no depth."""

from collections.abc import Callable, Iterable

import cv2
import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError
from hondo.core.report import Better, Report, Row
from hondo.core.sample import Sample, Samples
from hondo.core.types import DepthMap
from hondo.evaluate.accuracy.evaluation import Predict, image_of, score_sample
from hondo.evaluate.accuracy.score_image import Align, parse_align
from hondo.evaluate.protocols import Protocol, protocol_named
from hondo.metrics.sparsification import Sparsification, sparsification

NOTE = "AUSE: area to the ranking by the true error; AURG: area to a ranking by chance (sparsification, 50 steps)"
ERRORS = ("abs_rel", "rmse")
AREAS: tuple[tuple[str, Better], ...] = (("AUSE", "lower"), ("AURG", "higher"))
Scores = dict[str, dict[str, Sparsification]]  # by uncertainty, by error


def uncertainty_report(
    predict: Predict,
    samples: Samples,
    *,
    subject: str,
    protocol: str,
    align: Align | None = None,
    track: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Report:
    """AUSE and AURG of the maps' confidence, of the image's gradient and of a constant, means over the samples."""
    rule = protocol_named(protocol)
    align = parse_align(rule.align if align is None else align)
    found, skipped = [], []
    for index in track(range(len(samples))):
        try:
            found.append(score_uncertainty(predict, samples[index], protocol=rule, align=align))
        except (HondoError, OSError) as error:
            skipped.append(f"sample {index}: {error}")
    if not found:
        raise HondoError(f"no uncertainty could be scored; the first reason: {(skipped or ['no samples'])[0]}")
    rows = [
        Row(subject=f"{subject}: {name}", name=f"{area} {error}", better=better,
            value=float(np.mean([getattr(each[name][error], area.lower()) for each in found])))
        for name in found[0] for error in ERRORS for area, better in AREAS
    ]  # fmt: skip
    counted = f"{len(found)} images scored, {len(skipped)} skipped"
    notes = (NOTE, f"alignment {align}", counted, *(f"skipped: {each}" for each in skipped[:3]))
    return Report(title="Uncertainty", rows=tuple(rows), protocol=protocol, notes=notes)


def score_uncertainty(predict: Predict, sample: Sample, *, protocol: Protocol, align: Align) -> Scores:
    """Of one sample; refuses a depth map without a confidence."""
    kept: list[DepthMap] = []

    def keeping(given: Sample) -> DepthMap:
        kept.append(predict(given))
        return kept[-1]

    scored = score_sample(keeping, sample, protocol=protocol, align=align)
    confidence = kept[-1].confidence
    if confidence is None:
        raise HondoError("the depth maps have no confidence; give confidence=True, or a file exported with it")
    uncertainties = {
        "confidence": 1 - confidence,
        "image gradient": image_gradient(image_of(sample)),
        "constant": np.zeros_like(confidence),
    }
    chosen, gt = scored.is_scored, scored.gt
    difference = np.abs(scored.pred[chosen] - gt[chosen])
    framed = {name: _framed(values, gt=gt, sample=sample, protocol=protocol) for name, values in uncertainties.items()}
    return {
        name: {
            "abs_rel": sparsification(difference / gt[chosen], values[chosen]),
            "rmse": sparsification(difference**2, values[chosen], finish=np.sqrt),
        }
        for name, values in framed.items()
    }


def image_gradient(image_rgb: np.ndarray) -> Float[np.ndarray, "h w"]:
    """The length of the brightness gradient: what a depth map is unsure of, if edges were all that is hard."""
    grey = cv2.cvtColor(image_rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))


def _framed(
    values: Float[np.ndarray, "h w"], *, gt: Float[np.ndarray, "_ _"], sample: Sample, protocol: Protocol
) -> Float[np.ndarray, "_ _"]:
    """In the frame in which the protocol scores the map."""
    assert sample.depth_gt is not None
    framed, _ = protocol.frame(values.astype(np.float32), sample.depth_gt[0].numpy(force=True))
    assert framed.shape == gt.shape
    return framed
