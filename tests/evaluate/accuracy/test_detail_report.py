"""Errors by depth and at edges, over images: exact means, and nothing where the truth says nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from hondo.core.sample import Sample
from hondo.core.truth_kind import TruthKind
from hondo.core.types import DepthKind, DepthMap
from hondo.evaluate.accuracy.detail_report import detail_reports, edge_means, range_means
from hondo.evaluate.accuracy.evaluation import Evaluation, evaluate_samples

FAR_SHARE = (0.25, 0.5) * 4  # of eight images: half near, the rest at 3 m, and some at 9 m


def scene(index: int) -> Sample:
    depth = torch.full((1, 40, 64), 3.0)
    depth[:, :, : round(64 * FAR_SHARE[index])] = 9.0
    return Sample(image=torch.zeros(3, 40, 64), depth_gt=depth, valid=torch.ones_like(depth).bool(), origin=f"{index}")


def far_is_short(sample: Sample) -> DepthMap:
    gt = sample.depth_gt[0].numpy()
    return DepthMap(values=np.where(gt > 4, 0.8 * gt, gt).astype(np.float32), kind=DepthKind.METRIC_DEPTH)


def evaluated(samples: list[Sample]) -> Evaluation:
    return evaluate_samples(far_is_short, samples, subject="short", with_edges=True)


def test_each_range_has_its_own_mean() -> None:
    near, far = range_means(evaluated([scene(index) for index in range(8)]))
    assert (near.metres, far.metres) == ("2-4", "8-16")
    assert near.abs_rel == 0 and near.pixels + far.pixels == 8 * 40 * 64
    assert np.allclose((far.abs_rel, far.bias, far.low, far.high), (0.2, -0.2, 0.2, 0.2))


def test_tables_and_edges() -> None:
    evaluation = evaluated([scene(index) for index in range(8)])
    assert edge_means(evaluation)["images"] == 8 and edge_means(evaluation)["f_score"] == 1
    ranges, edges = (report.to_markdown() for report in detail_reports(evaluation))
    assert "| 8-16 m | 0.200 | -0.200 | 7680 |" in ranges and "dbe_accuracy [px] ↓" in edges


def test_truth_without_metres_has_no_ranges() -> None:
    unknown = [replace(scene(0), truth=TruthKind.UP_TO_SCALE)]
    evaluation = evaluate_samples(far_is_short, unknown, subject="short", align="median")
    assert range_means(evaluation) == () and edge_means(evaluation) == {} and detail_reports(evaluation) == ()


def test_the_table_of_images(tmp_path: Path) -> None:
    from hondo.evaluate.figures.report_files import write_images_csv

    samples = [scene(0), Sample(image=torch.zeros(3, 4, 4), origin="bare, one")]
    lines = write_images_csv(evaluated(samples), tmp_path / "images.csv").read_text().splitlines()
    assert lines[0].startswith("index,origin,abs_rel,sq_rel") and lines[0].endswith("edge_f_score,nan_pixels,skipped")
    assert lines[1].startswith("0,0,0.0499") and lines[1].split(",")[-3] == "1.0"
    assert lines[2].startswith('1,"bare, one",,') and lines[2].endswith("no depth to score against")
