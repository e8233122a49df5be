"""Depth and intrinsics of images that EXIF turns."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from hondo.core.errors import HondoError, HondoWarning
from hondo.core.types import Camera
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.rgbd import Rgbd
from hondo.data.partners.turned_pair import turned_camera
from hondo.images.pixels import oriented


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_point_stays_where_it_is(orientation: int) -> None:
    """A pixel of the stored image and its ray, before and after the turn."""
    camera = Camera(fx=70, fy=75, cx=30, cy=28, size_hw=(60, 80))
    turned = turned_camera(camera, orientation)
    marked = np.zeros((60, 80))
    marked[10, 55] = 1
    (row,), (column,) = np.nonzero(oriented(marked, orientation))
    ray = sorted((abs(55.5 - camera.cx) / camera.fx, abs(10.5 - camera.cy) / camera.fy))
    shown = sorted((abs(column + 0.5 - turned.cx) / turned.fx, abs(row + 0.5 - turned.cy) / turned.fy))
    assert turned.size_hw == oriented(marked, orientation).shape
    np.testing.assert_allclose(shown, ray)


def write_pair(root: Path, *, orientation: int, size_hw: tuple[int, int], stored: bool = True) -> Path:
    """The left half of the stored pixels is dark and near (1 m), the right half bright and far (4 m)."""
    height, width = size_hw
    is_right = np.arange(width)[None].repeat(height, 0) >= width // 2
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.where(is_right, 255, 0).astype(np.uint8)).convert("RGB").save(root / "a.png", exif=exif)
    depth = np.where(is_right, 4000, 1000).astype(np.uint16)
    cv2.imwrite(str(root / "d.png"), depth if stored else oriented(depth, orientation))
    text = f"image,depth,divide_by,fx,fy,cx,cy\na.png,d.png,1000,70,75,{0.4 * width},{0.45 * height}\n"
    (root / "manifest.csv").write_text(text)
    return root


@pytest.mark.parametrize("size_hw", [(60, 80), (64, 64)])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_pairs_lie_as_stored(tmp_path: Path, orientation: int, size_hw: tuple[int, int]) -> None:
    root = write_pair(tmp_path, orientation=orientation, size_hw=size_hw)
    with pytest.warns(HondoWarning, match=f"Orientation is {orientation}"):
        sample = Rgbd(root)[0]
    is_far = sample.depth_gt[0].numpy() == 4
    np.testing.assert_array_equal(is_far, sample.image[0].numpy() > 0.5)
    camera = Camera(fx=70, fy=75, cx=0.4 * size_hw[1], cy=0.45 * size_hw[0], size_hw=size_hw)
    assert sample.camera == turned_camera(camera, orientation)
    (root / "c").mkdir()
    (root / "c/0.png").symlink_to(root / "a.png")
    (root / "e").mkdir()
    (root / "e/0.png").symlink_to(root / "d.png")
    with pytest.warns(HondoWarning, match=f"Orientation is {orientation}"):
        frame = Frames(root / "c", depth=root / "e", camera=f"70,75,{camera.cx},{camera.cy}")[0]
    np.testing.assert_array_equal(frame.depth_gt, sample.depth_gt)
    assert frame.camera == sample.camera


def test_partners_that_lie_as_shown(tmp_path: Path) -> None:
    """As sizes say of a quarter turn, or as is stated."""
    for number, (orientation, size_hw) in enumerate([(6, (60, 80)), (3, (60, 80))]):
        (tmp_path / str(number)).mkdir()
        root = write_pair(tmp_path / str(number), orientation=orientation, size_hw=size_hw, stored=False)
        if orientation == 6:
            (root / "manifest.csv").write_text("image,depth,divide_by\na.png,d.png,1000\n")
        sample = Rgbd(root, partner_orientation="shown")[0]
        np.testing.assert_array_equal(sample.depth_gt[0].numpy() == 4, sample.image[0].numpy() > 0.5)
    with pytest.raises(HondoError, match="unknown partner_orientation"):
        Rgbd(root, partner_orientation="left")


def moved_points(T_source_target: np.ndarray, points: np.ndarray, camera: Camera) -> np.ndarray:
    """Where points (n 3) of the target's frame lie in the source image, in pixels."""
    moved = points @ T_source_target[:3, :3].T + T_source_target[:3, 3]
    return moved[:, :2] / moved[:, 2:] * (camera.fx, camera.fy) + (camera.cx, camera.cy)


def write_clip(root: Path, orientations: list[int], poses: np.ndarray) -> Path:
    (root / "images").mkdir(parents=True)
    for number, orientation in enumerate(orientations):
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.new("RGB", (80, 60)).save(root / f"images/{number}.png", exif=exif)
    (root / "K.txt").write_text("70 0 43\n0 75 28\n0 0 1\n")
    (root / "poses.txt").write_text("\n".join(" ".join(map(str, pose.ravel())) for pose in poses))
    return root


@pytest.fixture
def two_poses() -> np.ndarray:
    poses = np.tile(np.eye(4), (2, 1, 1))
    poses[1, :3, :3] = cv2.Rodrigues(np.array([0.1, -0.2, 0.05]))[0]
    poses[1, :3, 3] = 0.3, 0.1, -0.2
    return poses


@pytest.mark.parametrize("orientation", range(2, 9))
def test_poses_turn_with_their_images(tmp_path: Path, two_poses: np.ndarray, orientation: int) -> None:
    """Points seen in both stored images are seen at the same pixels of the turned ones."""
    stored = Camera(fx=70, fy=75, cx=43, cy=28, size_hw=(60, 80))
    with pytest.warns(HondoWarning, match=f"Orientation is {orientation}"):
        sample = Frames(write_clip(tmp_path / "c", [orientation] * 2, two_poses), sources=(1,))[0]
    assert sample.camera == turned_camera(stored, orientation)
    points = np.random.default_rng(0).uniform((-0.5, -0.4, 2), (0.5, 0.4, 4), (20, 3))
    T_source_target = np.linalg.inv(two_poses[1]) @ two_poses[0]
    before, after = (moved_points(T, points, stored) for T in (np.eye(4), T_source_target))
    marks = oriented(np.arange(4800).reshape(60, 80), orientation)  # stored pixel number at each shown pixel

    def shown(places: np.ndarray) -> np.ndarray:
        """Pixels of the stored image as pixels of the turned one, from three of its corners."""
        corners = [np.argwhere(marks == number)[0][::-1] + 0.5 for number in (0, 79, 59 * 80)]
        origin, x, y = corners[0], (corners[1] - corners[0]) / 79, (corners[2] - corners[0]) / 59
        return origin + (places[:, :1] - 0.5) * x + (places[:, 1:] - 0.5) * y

    seen = shown(before)
    rays = (seen - (sample.camera.cx, sample.camera.cy)) / (sample.camera.fx, sample.camera.fy)
    turned_points = np.column_stack((rays, np.ones(20))) * points[:, 2:]
    found = moved_points(sample.sources[0].T_source_target.double().numpy(), turned_points, sample.camera)
    np.testing.assert_allclose(found, shown(after), atol=1e-4)


def test_poses_as_shown_and_mixed_orientations(tmp_path: Path, two_poses: np.ndarray) -> None:
    root = write_clip(tmp_path / "c", [3, 3], two_poses)
    kept = Frames(root, sources=(1,), partner_orientation="shown")
    np.testing.assert_allclose(kept.poses, two_poses)
    assert (kept.camera.cx, kept.camera.cy) == (43, 28)
    mixed = write_clip(tmp_path / "m", [1, 2], two_poses)
    with pytest.warns(HondoWarning), pytest.raises(HondoError, match="Orientation mirrors some of the images"):
        Frames(mixed, sources=(1,))


def test_intrinsics_that_fit_only_the_shown_image(tmp_path: Path, two_poses: np.ndarray) -> None:
    root = write_clip(tmp_path / "c", [6, 6], two_poses)
    (root / "poses.txt").unlink()
    (root / "K.txt").write_text("75 0 32\n0 70 43\n0 0 1\n")  # swapped for 80x60, right for 60x80
    assert Frames(root).camera == Camera(fx=75, fy=70, cx=32, cy=43, size_hw=(80, 60))
    assert Frames(root, camera="fov=60").camera == Camera.from_fov(60, size_hw=(80, 60))


def test_smaller_depth_maps_of_a_turned_image(tmp_path: Path) -> None:
    root = write_pair(tmp_path, orientation=3, size_hw=(60, 80))
    (root / "c").mkdir()
    (root / "c/0.png").symlink_to(root / "a.png")
    (root / "e").mkdir()
    small = cv2.imread(str(root / "d.png"), cv2.IMREAD_UNCHANGED)[::2, ::2]
    cv2.imwrite(str(root / "e/0.png"), small)
    with pytest.warns(HondoWarning, match="Orientation is 3"):
        frame = Frames(root / "c", depth=root / "e")[0]
    np.testing.assert_array_equal(frame.depth_gt[0].numpy() == 4, frame.image[0].numpy() > 0.5)
