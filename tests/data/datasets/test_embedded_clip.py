"""The embedded clip is whole: sizes, counts, units, rigid poses, its licence, and under 3 MB."""

import json

import cv2
import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import Camera
from hondo.data.datasets import embedded_clip as clip_module
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.embedded_clip import embedded_clip

CLIP = embedded_clip()


def camera() -> Camera:
    stored = json.loads(CLIP.intrinsics.read_text())
    return Camera(size_hw=(stored.pop("height"), stored.pop("width")), **stored)


def test_images_are_numbered_and_of_the_camera_size() -> None:
    names = sorted(path.name for path in CLIP.images.iterdir())
    assert names == [f"{n:03d}.jpg" for n in range(96)]
    assert cv2.imread(str(CLIP.images / "000.jpg")).shape == (*camera().size_hw, 3) == (256, 384, 3)


def test_every_fourth_frame_has_depth_in_metres() -> None:
    names = sorted(path.name for path in CLIP.depth.iterdir())
    assert names == [f"{n:03d}.png" for n in range(0, 96, 4)]
    for name in names:
        stored = cv2.imread(str(CLIP.depth / name), cv2.IMREAD_UNCHANGED)
        known = stored[stored > 0] / CLIP.divide_by
        assert stored.dtype == np.uint16 and stored.shape == (256, 384)
        assert 0.3 < known.size / stored.size < 0.9 and known.min() > 0.3 and known.max() < 8


def test_poses_are_rigid() -> None:
    poses = np.loadtxt(CLIP.poses).reshape(-1, 4, 4)
    R = poses[:, :3, :3]
    assert len(poses) == 96
    np.testing.assert_allclose(R @ R.transpose(0, 2, 1), np.broadcast_to(np.eye(3), R.shape), atol=1e-3)
    np.testing.assert_allclose(np.linalg.det(R), 1, atol=1e-3)
    np.testing.assert_array_equal(poses[:, 3], np.broadcast_to([0, 0, 0, 1], (96, 4)))


def test_depth_pose_and_camera_agree() -> None:
    """Warping a frame into another one by the stored depth and poses explains most of their difference."""
    K, poses = camera().K, np.loadtxt(CLIP.poses).reshape(-1, 4, 4)
    still, warped = [], []
    for target in range(8, 88, 20):
        source = target + 2
        depth = cv2.imread(str(CLIP.depth / f"{target:03d}.png"), cv2.IMREAD_UNCHANGED) / CLIP.divide_by
        images = [cv2.imread(str(CLIP.images / f"{n:03d}.jpg")).astype(np.float32) for n in (target, source)]
        y, x = np.mgrid[:256, :384] + 0.5
        points = np.linalg.inv(K) @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)]) * depth.ravel()
        T = np.linalg.inv(poses[source]) @ poses[target]
        seen = K @ (T[:3, :3] @ points + T[:3, 3:])
        u, v = (seen[:2] / np.maximum(seen[2], 1e-6) - 0.5).astype(np.float32).reshape(2, 256, 384)
        inside = (depth > 0) & (u > 0) & (u < 383) & (v > 0) & (v < 255)
        view = cv2.remap(images[1], u, v, cv2.INTER_LINEAR)
        still.append(np.abs(images[1] - images[0])[inside].mean())
        warped.append(np.abs(view - images[0])[inside].mean())
    assert np.mean(warped) < 0.4 * np.mean(still)


def test_it_is_small_and_has_its_licence() -> None:
    size = sum(path.stat().st_size for path in CLIP.folder.rglob("*") if path.is_file())
    assert size < 3_000_000
    assert "Arda Duzceker" in (CLIP.folder / "LICENSE").read_text()


def test_a_lost_clip_is_said_so(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(clip_module, "FOLDER", tmp_path)
    with pytest.raises(HondoError, match="install hondo again"):
        embedded_clip()


def test_frames_reads_it_by_its_folder() -> None:
    frames = Frames(CLIP.folder, divide_by=CLIP.divide_by)
    sample = frames[3]
    assert len(frames) == 24 and sample.camera == camera()
    assert sample.depth_gt is not None and sample.valid is not None
    stored = cv2.imread(str(CLIP.depth / "012.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(sample.valid[0].numpy(), stored > 0)
    np.testing.assert_allclose(sample.depth_gt[0].numpy()[stored > 0], stored[stored > 0] / 1000, rtol=1e-6)
    video = Frames(CLIP.folder, sources=(-1, 1))
    assert len(video) == 94 and all(view.T_source_target is not None for view in video[0].sources)
