"""The grid: a good, a usual and a bad image with every subject."""

from pathlib import Path

import cv2

from hondo.data.datasets.rgbd import Rgbd
from hondo.evaluate.accuracy.evaluation import evaluate_samples
from hondo.evaluate.accuracy.subject import BASELINES
from hondo.evaluate.figures.draw_grid import write_grid


def test_the_grid_is_wider_with_every_subject(pairs: Path, tmp_path: Path) -> None:
    samples = Rgbd(pairs, only="indoor_0")
    evaluation = evaluate_samples(BASELINES["floor:row-plane"], samples, subject="floor:row-plane", align="median")
    sizes = []
    for names in (["floor:row-plane"], ["floor:row-plane", "floor:constant"]):
        path = write_grid(evaluation, {name: BASELINES[name] for name in names}, samples, tmp_path)
        image = cv2.imread(str(path))
        assert image.std() > 5 and path.with_suffix(".svg").read_text().count("<image") >= 2 + 2 * len(names)
        sizes.append(image.shape)
    assert sizes[1][1] * 3 == sizes[0][1] * 4 and sizes[1][0] == sizes[0][0]
