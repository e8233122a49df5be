"""Whether the confidence of the shipped models tells where they are wrong.

    python benchmarks/uncertainty.py [--data ../shared/data] [--quick] [--json docs/reports/uncertainty.json]

AUSE and AURG of the confidence from the mirrored image (`--confidence`), beside two that look at no depth: the
gradient of the image, and a constant, which ranks by chance. On the embedded clip, and on the validation images where
--data is given. Median alignment, protocol dense.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hondo.core.atomic import atomic_write
from hondo.core.report import Report, Row
from hondo.core.sample import Samples
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.embedded_clip import embedded_clip
from hondo.data.datasets.rgbd import Rgbd
from hondo.engines.load import load
from hondo.evaluate.accuracy.evaluation import predict_with
from hondo.evaluate.accuracy.uncertainty import NOTE, uncertainty_report
from hondo.models.registry.zoo import PACKAGED_WEIGHTS

MODELS = ("hondo-nano", "hondo-small")
SHOWN = ("AUSE abs_rel", "AURG abs_rel")
SETS = {
    "RedKitchen": {"only": "redkitchen", "every": 40},
    "KITTI queue": {"only": "kitti_queue", "every": 6},
    "TUM desk": {"only": "tum"},
    "ICL living room": {"only": "icl"},
}


def sets(data: Path | None, *, quick: bool) -> Iterator[tuple[str, Samples]]:
    clip = embedded_clip()
    yield (
        "embedded clip",
        Frames(clip.folder, divide_by=clip.divide_by, with_depth=True, every=2, stop=9 if quick else None),
    )
    for name, options in SETS.items() if data is not None else ():
        yield name, Rgbd(data, **options)


def measure(data: Path | None, *, quick: bool) -> Iterator[Row]:
    assert set(MODELS) <= set(PACKAGED_WEIGHTS)
    for model in MODELS[:1] if quick else MODELS:
        with load(model, engine="torch", precision="fp32", confidence=True) as predictor:
            for name, samples in sets(data, quick=quick):
                predict = predict_with(predictor)
                found = uncertainty_report(predict, samples, subject=model, protocol="dense", align="median")
                for row in found.rows:
                    if row.name in SHOWN:
                        yield replace(row, name=f"{row.name.removesuffix(' abs_rel')}, {name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--quick", action="store_true", help="one model, a few frames")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = tuple(measure(options.data, quick=options.quick))
    notes = (NOTE, "of abs_rel, alignment median; confidence from the mirrored image")
    report = Report(title="Uncertainty", rows=rows, protocol="dense", notes=notes)
    print(report.to_markdown())
    if options.json is not None:
        atomic_write(options.json, report.to_json().encode())


if __name__ == "__main__":
    main()
