"""The whole way from a folder to a path; and, slowly, how far it is off on a rendered loop."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.predictor import NetworkPredictor
from hondo.mapping.odometry.estimate import METRES, estimate_path
from hondo.mapping.odometry.frames import open_sequence
from tests.mapping.textured_room import CAMERA, circle, walk, write_walk

BENCHMARK = Path(__file__).resolve().parents[3] / "benchmarks" / "odometry.py"


def flat(kind: DepthKind) -> NetworkPredictor:
    """Two metres everywhere."""
    value = 0.5 if kind.is_inverse else 2.0
    return NetworkPredictor(
        name="flat", kind=kind, input_spec=InputSpec(size_hw=(32, 32)), engine="torch", precision="fp32",
        network=lambda image: np.full((1, 1, *image.shape[2:]), value, np.float32),
    )  # fmt: skip


def test_a_metric_model_gives_metres_and_final_keyframes_in_order(tmp_path) -> None:
    sequence = open_sequence(str(write_walk(tmp_path, circle(10, turn=0.5))), camera=None, fps=10)
    seen = []
    path = estimate_path(
        sequence, flat(DepthKind.METRIC_DEPTH), on_keyframe=lambda taken, depth, keyframe: seen.append((taken, depth))
    )
    assert path.unit == METRES and len(path.trajectory.poses) == 10
    assert tuple(taken.frame for taken, _ in seen) == path.keyframes and len(seen) > 1
    assert seen[0][1].shape == CAMERA.size_hw


def test_relative_depth_has_no_shape(tmp_path) -> None:
    sequence = open_sequence(str(write_walk(tmp_path, circle(2, turn=0.1))), camera=None, fps=10)
    with pytest.raises(HondoError, match="relative inverse depth"):
        estimate_path(sequence, flat(DepthKind.RELATIVE_INVERSE_DEPTH))


@pytest.mark.slow
def test_the_drift_on_a_rendered_loop_is_below_three_percent() -> None:
    pytest.importorskip("evo")
    benchmark = runpy.run_path(str(BENCHMARK))
    score = benchmark["loop_score"](3, frames=benchmark["FRAMES"], size_hw=benchmark["SIZE_HW"])
    assert score.drift < 0.03


def test_the_images_of_the_box_are_those_of_its_depth() -> None:
    """What the tests of this folder stand on: a pixel moved by depth and pose has the same colour."""
    poses = circle(2, turn=0.05)
    (first, second), (depth, _) = walk(poses)
    x, y = 140, 100
    ray = np.array([(x + 0.5 - CAMERA.cx) / CAMERA.fx, (y + 0.5 - CAMERA.cy) / CAMERA.fy, 1]) * depth[y, x]
    T = np.linalg.inv(poses[1]) @ poses[0]
    inside = T[:3, :3] @ ray + T[:3, 3]
    column, row = (int(inside[axis] / inside[2] * 180 + (128, 96)[axis]) for axis in (0, 1))
    assert np.abs(first[y, x].astype(int) - second[row, column]).max() < 12
