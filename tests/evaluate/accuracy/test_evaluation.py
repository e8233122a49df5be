"""Evaluation of predictors on data sets: exact means, counted failures, and kinds that are not mixed with metres."""

from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import hondo
from hondo.core.errors import HondoError
from hondo.core.report import Report
from hondo.core.sample import Sample
from hondo.core.types import DepthKind, DepthMap, InputSpec
from hondo.data.datasets.rgbd import Rgbd
from hondo.engines.base.predictor import NetworkPredictor
from hondo.evaluate.accuracy.evaluation import evaluate, evaluate_samples, image_of


def constant(kind: DepthKind = DepthKind.SCALED_INVERSE_DEPTH, value: float = 0.5) -> NetworkPredictor:
    """A predictor that says one value everywhere."""
    return NetworkPredictor(
        name="constant", kind=kind, input_spec=InputSpec(size_hw=(32, 32)), engine="numpy", precision="fp32",
        network=lambda image: np.full((1, 1, *image.shape[2:]), value, dtype=np.float32),
    )  # fmt: skip


def oracle(sample: Sample) -> DepthMap:
    assert sample.depth_gt is not None and sample.valid is not None
    values = torch.where(sample.valid, sample.depth_gt, 50.0)[0].numpy()
    return DepthMap(values=values, kind=DepthKind.METRIC_DEPTH)


def test_report_is_the_mean_over_images(pairs: Path):
    samples = Rgbd(pairs)
    report = evaluate(constant(), samples, align="median")
    gts = [np.where(s.valid[0], s.depth_gt[0], 0) for s in samples]
    expected = hondo.score([np.full_like(gt, 2) for gt in gts], gts, protocol="dense", align="median")
    assert {row.name: row.value for row in report.rows} == expected
    assert report.protocol == "dense" and "alignment median" in report.notes
    assert "4 images scored, 0 skipped" in report.notes
    assert Report.from_json(report.to_json()) == report
    assert "| constant |" in report.to_markdown()


def test_the_truth_scores_perfectly(pairs: Path):
    evaluation = evaluate_samples(oracle, Rgbd(pairs), subject="oracle")
    assert asdict(evaluation.mean())["abs_rel"] == 0 and evaluation.mean().delta1 == 1


def test_the_predictor_sees_the_files_own_pixels(pairs: Path):
    sample = Rgbd(pairs)[0]
    assert (image_of(sample) == cv2.imread(str(pairs / "image/000.png"))[:, :, ::-1]).all()


@pytest.mark.parametrize(
    ("kind", "align", "says"),
    [
        (DepthKind.SCALED_INVERSE_DEPTH, None, 'align="median"'),
        (DepthKind.RELATIVE_INVERSE_DEPTH, "median", "scale-shift"),
    ],
)
def test_what_has_no_metres_is_refused(pairs: Path, kind: DepthKind, align: str | None, says: str):
    seen = []

    def predict(sample: Sample) -> DepthMap:
        seen.append(sample)
        return constant(kind)(image_of(sample))

    with pytest.raises(HondoError, match=f"^the prediction is {kind}.*{says}"):
        evaluate_samples(predict, Rgbd(pairs), subject="constant", align=align)
    assert len(seen) == 1  # not after all of them


def test_metric_kinds_need_no_alignment(pairs: Path):
    rows = evaluate(constant(DepthKind.METRIC_INVERSE_DEPTH), Rgbd(pairs)).rows
    assert rows == evaluate(constant(DepthKind.METRIC_DEPTH, 2.0), Rgbd(pairs)).rows


def test_failures_are_counted_and_named(pairs: Path):
    (pairs / "image/001.png").write_bytes(b"not an image")

    def spoiled(sample: Sample) -> DepthMap:
        found = oracle(sample)
        return DepthMap(values=np.full_like(found.values, np.nan), kind=found.kind) if "000" in sample.origin else found

    evaluation = evaluate_samples(spoiled, Rgbd(pairs), subject="spoiled")
    assert [item.index for item in evaluation.skipped] == [0, 1]
    notes = "\n".join(evaluation.report().notes)
    assert "2 images scored, 2 skipped" in notes and "000.png: the prediction is NaN" in notes and "row 2" in notes


def test_a_data_set_of_failures_is_an_error():
    sample = Sample(image=torch.zeros(3, 4, 4), origin="bare.png")
    with pytest.raises(HondoError, match=r"no sample could be scored \(of 1\).*bare.png.*no depth"):
        evaluate(constant(), [sample], align="median")


def test_options_are_checked_before_anything_runs():
    with pytest.raises(HondoError, match="unknown protocol"):
        evaluate(constant(), [], protocol="densee")
    with pytest.raises(HondoError, match="unknown alignment"):
        evaluate(constant(), [], align="medain")
