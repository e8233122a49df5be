"""Calibration of pairs: JSON, OpenCV's YAML, KITTI's files; units that are not metres are refused."""

from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.data.partners.stereo_calibration import read_stereo_calibration

MATRIX = "{0}: !!opencv-matrix\n   rows: {1}\n   cols: {2}\n   dt: d\n   data: [ {3} ]\n"
P1 = MATRIX.format("P1", 3, 4, "500., 0., 320., 0., 0., 510., 240., 0., 0., 0., 1., 0.")


def opencv(tx: float) -> str:
    P2 = MATRIX.format("P2", 3, 4, f"500., 0., 320., {-500 * tx}, 0., 510., 240., 0., 0., 0., 1., 0.")
    return "%YAML:1.0\n---\n" + MATRIX.format("T", 3, 1, f"{-tx}, 0.001, 0.") + P1 + P2


KITTI = (
    "calib_time: 09-Jan-2012 13:57:47\n"
    "P_rect_02: 721.5377 0 609.5593 44.85728 0 721.5377 172.854 0.2163791 0 0 1 0.002745884\n"
    "P_rect_03: 721.5377 0 609.5593 -339.5242 0 721.5377 172.854 2.199936 0 0 1 0.002729905\n"
)


@pytest.mark.parametrize(
    ("text", "baseline", "K"),
    [
        ('{"fx": 1, "baseline": 0.12}', 0.12, None),
        ("baseline = 0.193\nfx = 1\n", 0.193, None),
        (opencv(0.06), 0.06, (500.0, 510.0, 320.0, 240.0)),
        ("%YAML:1.0\n---\n" + MATRIX.format("T", 3, 1, "-0.05, 0., 0."), 0.05, None),
        (KITTI, 0.5327, (721.5377, 721.5377, 609.5593, 172.854)),
        ("525 525 320 240", None, None),
    ],
)
def test_reads(text: str, baseline: float | None, K: tuple | None, tmp_path: Path) -> None:
    (tmp_path / "calibration").write_text(text)
    found = read_stereo_calibration(tmp_path / "calibration")
    assert found.baseline == (None if baseline is None else pytest.approx(baseline, rel=1e-3)) and found.K == K


def test_millimetres_are_refused_with_the_metres_they_may_be(tmp_path: Path) -> None:
    (tmp_path / "stereo.yml").write_text(opencv(60.0))
    with pytest.raises(HondoError, match=r"60 apart.*data\.baseline=0\.06"):
        read_stereo_calibration(tmp_path / "stereo.yml")


@pytest.mark.parametrize("text", ['{"baseline": "x"}', "{" * 100_000, '{"P1": 3, "P2": []}', '{"T": null}', "{]"])
def test_json_that_is_no_calibration_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(HondoError, match=r"c\.json"):
        read_stereo_calibration(tmp_path / "c.json")
