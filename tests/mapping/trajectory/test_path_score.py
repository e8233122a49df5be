"""Scores of paths: zero for the true one in any frame and scale, as large as the error elsewhere."""

from importlib.util import find_spec

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.mapping.trajectory.path_score import check_truth, score_trajectory
from tests.mapping.trajectory.test_trajectory import path

needs_evo = pytest.mark.skipif(find_spec("evo") is None, reason="evo is not installed (extra mapping)")


def moved(poses: np.ndarray, *, scale: float) -> np.ndarray:
    """The same path in another frame and unit."""
    T = path(3).poses[1]
    there = T @ poses
    there[:, :3, 3] *= scale
    return there


@needs_evo
def test_the_true_path_in_another_unit_has_no_error(tmp_path) -> None:
    one = path(20)
    truth = one.write_tum(tmp_path / "truth.tum")
    other = type(one)(times=one.times, poses=moved(one.poses, scale=0.5), frames=one.frames)
    score = score_trajectory(other, truth, fit_scale=True)
    assert score.ate < 1e-5 and score.drift < 1e-4 and score.scale == pytest.approx(2, rel=1e-4)
    assert score_trajectory(other, truth, fit_scale=False).ate > 0.1
    assert {row.name for row in score.rows()} >= {"ATE", "RPE", "drift"}


@needs_evo
def test_an_error_is_as_large_as_it_is(tmp_path) -> None:
    one = path(20)
    truth = one.write_kitti(tmp_path / "truth.txt")
    poses = one.poses.copy()
    poses[::2, 1, 3] += 0.02
    score = score_trajectory(type(one)(times=one.times, poses=poses, frames=one.frames), truth, fit_scale=False)
    assert score.ate == pytest.approx(0.01, rel=0.1) and score.rpe == pytest.approx(0.02, rel=0.1)


@needs_evo
def test_poses_of_another_recording_are_refused(tmp_path) -> None:
    one = path(20)
    late = type(one)(times=one.times + 1000, poses=one.poses, frames=one.frames)
    with pytest.raises(HondoError, match="share times within 20 ms"):
        score_trajectory(one, late.write_tum(tmp_path / "truth.tum"), fit_scale=True)


def test_a_missing_evo_names_the_extra(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("hondo.mapping.trajectory.path_score.find_spec", lambda name: None)
    with pytest.raises(HondoError, match=r"evo is not installed.*hondo\[mapping\]"):
        check_truth(path().write_tum(tmp_path / "truth.tum"))
