"""The camera's path through rendered walks, whose true path is known."""

import numpy as np
import pytest

from hondo.core.types import Camera
from hondo.data.datasets.camera_path import camera_path
from hondo.synthetic.scenes import SyntheticScenes


def walk(seed: int) -> tuple[list[np.ndarray], np.ndarray, tuple[np.ndarray, Camera]]:
    """Two images of a walk, the true T_next_first, the depth of the first, and the camera."""
    sample = SyntheticScenes(length=1, seed=seed, size_hw=(192, 256), sources=(1,), worlds={"room": 1.0})[0]
    images = [np.ascontiguousarray((255 * each).byte().permute(1, 2, 0).numpy())
                for each in (sample.image, sample.sources[0].image)]  # fmt: skip
    assert sample.depth_gt is not None and sample.valid is not None and sample.sources[0].T_source_target is not None
    depth = np.where(sample.valid[0].numpy(), sample.depth_gt[0].numpy(), np.inf).astype(np.float32)
    assert sample.camera is not None
    return images, sample.sources[0].T_source_target.double().numpy(), (depth, sample.camera)


def angle(R: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip((np.trace(R) - 1) / 2, -1, 1))))


def test_path_of_rendered_walks():
    """Flow of small images is good to some tenths of a pixel: turns to tenths of a degree, lengths to a part."""
    turns, lengths = [], []
    for seed in range(8):
        images, T, (depth, camera) = walk(seed)
        path = camera_path(images, camera, depth=lambda _, depth=depth: depth)
        assert np.array_equal(path[0], np.eye(4))
        found = np.linalg.inv(path[1])
        turns.append(angle(found[:3, :3].T @ T[:3, :3]))
        lengths.append(np.linalg.norm(found[:3, 3]) / np.linalg.norm(T[:3, 3]))
    assert np.median(turns) < 0.4
    assert np.median(np.abs(np.log(lengths))) < 0.25


def test_lengths_are_in_the_unit_of_the_depth():
    images, _, (depth, camera) = walk(0)
    once, thrice = (camera_path(images, camera, depth=lambda _, k=k: k * depth)[1] for k in (1, 3))
    np.testing.assert_allclose(thrice[:3, 3], 3 * once[:3, 3], rtol=1e-5)
    np.testing.assert_array_equal(thrice[:3, :3], once[:3, :3])


@pytest.mark.parametrize("next_image", ["flat", "noise"])
def test_a_motion_that_is_not_seen_counts_as_none(next_image: str):
    (first, _), _, (depth, camera) = walk(0)
    random = np.random.default_rng(0)
    other = random.integers(0, 256, first.shape, dtype=np.uint8) if next_image == "noise" else np.full_like(first, 9)
    path = camera_path([first, other, first], camera, depth=lambda _: depth)
    np.testing.assert_array_equal(path, np.stack([np.eye(4)] * 3))


def test_depth_that_is_nowhere_known_gives_no_way():
    images, _, (depth, camera) = walk(0)
    path = camera_path(images, camera, depth=lambda _: np.full_like(depth, np.inf))
    assert np.isfinite(path).all() and not path[:, :3, 3].any()


def test_neighbouring_steps_agree_on_the_points_that_both_see():
    """There and back: both steps are equally long, and the depth of one image in three is enough."""
    (first, second), _, (depth, camera) = walk(0)
    asked = []
    path = camera_path([first, second, first], camera, depth=lambda image: asked.append(image) or depth)
    there = np.linalg.norm(path[1, :3, 3])
    back = np.linalg.norm(path[2, :3, 3] - path[1, :3, 3])
    assert len(asked) == 1 and there > 0 and abs(np.log(back / there)) < 0.2


def test_where_no_points_link_two_steps_another_depth_is_asked_for():
    (first, second), _, (depth, camera) = walk(0)
    (third, fourth), _, (other, _) = walk(1)
    depths = {id(first): depth, id(fourth): other}
    path = camera_path([first, second, third, fourth], camera, depth=lambda image: depths.get(id(image), depth))
    assert np.linalg.norm(path[3, :3, 3] - path[2, :3, 3]) > 0
