"""The image report: written for few, sparse and many images."""

import json
from pathlib import Path

import cv2
import numpy as np

from hondo.data.datasets.rgbd import Rgbd
from hondo.evaluate.accuracy.evaluation import evaluate_samples
from hondo.evaluate.accuracy.subject import BASELINES
from hondo.evaluate.figures.draw_figures import error_histogram, write_figures
from hondo.evaluate.figures.report_files import write_json, write_markdown


def test_sheets_and_report(pairs: Path, tmp_path: Path):
    sparse = np.zeros((24, 32), dtype=np.uint16)
    sparse[::5, ::7] = 4000
    cv2.imwrite(str(pairs / "depth/002.png"), sparse)
    (pairs / "depth/003.png").unlink()
    samples, predict = Rgbd(pairs), BASELINES["floor:constant"]
    evaluation = evaluate_samples(predict, samples, subject="constant", align="median")
    figures = write_figures(evaluation, predict, samples, tmp_path / "figures")
    assert [path.name for path in figures] == ["best.png", "median.png", "worst.png", "errors.png"]
    assert all(cv2.imread(str(path)).std() > 5 for path in figures)
    report = evaluation.report()
    text = write_markdown(report, figures, tmp_path / "figures" / "report.md").read_text()
    assert "![worst](worst.png)" in text and "1 skipped" in text
    stored = json.loads(write_json(evaluation, report, tmp_path / "x.json").read_text())
    assert stored["num_scored"] == 3 and stored["num_skipped"] == 1 and "003.png" in stored["skipped"][0]["reason"]
    assert stored["metrics"]["abs_rel"] == next(row["value"] for row in stored["rows"] if row["name"] == "abs_rel")
    assert np.mean([image["delta1"] for image in stored["images"]]) == stored["metrics"]["delta1"]


def test_one_image_is_enough(pairs: Path, tmp_path: Path):
    samples, predict = Rgbd(pairs, only="indoor_0"), BASELINES["floor:row-plane"]
    evaluation = evaluate_samples(predict, samples, subject="plane")
    assert len(write_figures(evaluation, predict, samples, tmp_path)) == 4
    assert error_histogram(evaluation).dtype == np.uint8
