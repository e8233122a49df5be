"""The metrics of every image of one subject: of an evaluation that just ran, or of a JSON file of an earlier one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError
from hondo.core.processor import hardware
from hondo.core.text_file import load_json
from hondo.evaluate.accuracy.detail_report import RangeMean, range_means
from hondo.evaluate.accuracy.evaluation import Evaluation
from hondo.metrics.depth_metrics import METRICS


@dataclass(frozen=True, kw_only=True)
class Scores:
    """One subject under one protocol; the rows of ``values`` are images, its columns METRICS."""

    subject: str
    protocol: str
    align: str
    hardware: str
    origins: tuple[str, ...]
    values: Float[np.ndarray, "n m"]
    ranges: tuple[RangeMean, ...] = ()
    predict_ms: float | None = None  # median wall time of one image; None for what is no model

    def of_images(self, origins: Sequence[str]) -> "Scores":
        """The scores of these images, in this order."""
        place = {origin: index for index, origin in enumerate(self.origins)}
        rows = [place[origin] for origin in origins]
        return replace(self, origins=tuple(origins), values=self.values[rows])


def scores_of(evaluation: Evaluation) -> Scores:
    """Of an evaluation that just ran here; refuses one without a scored image."""
    evaluation.mean()
    return Scores(
        subject=evaluation.subject,
        protocol=evaluation.protocol,
        align=str(evaluation.align),
        hardware=hardware(),
        origins=tuple(item.origin for item in evaluation.scored),
        values=np.array([[getattr(item.metrics, name) for name in METRICS] for item in evaluation.scored]),
        ranges=range_means(evaluation),
        predict_ms=evaluation.predict_ms,
    )


def read_scores(path: Path) -> Scores:
    """Of a file that an evaluation wrote."""
    try:
        stored = load_json(path.read_bytes(), name=str(path))
        images = stored["images"]
        return Scores(
            subject=stored["rows"][0]["subject"],
            protocol=stored["protocol"],
            align=str(stored["align"]),
            hardware=stored["hardware"],
            origins=tuple(image["origin"] for image in images),
            values=np.array([[float(image[name]) for name in METRICS] for image in images]).reshape(-1, len(METRICS)),
            ranges=tuple(RangeMean(**one) for one in stored.get("ranges", ())),
            predict_ms=stored.get("predict_ms"),
        )
    except OSError as error:
        raise HondoError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise HondoError(f"{path} is no report with the metrics of every image ({error!r}); evaluate again") from error
