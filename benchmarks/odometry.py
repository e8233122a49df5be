"""How far camera paths are off: python benchmarks/odometry.py [--quick] [--data ../shared/data] [--json FILE]

The depth of hondo-nano (up to scale, so that one scale is fitted) on loops of one round through rendered rooms, on the
embedded clip, and with ``--data`` on RedKitchen (7-Scenes, frames 0-999, poses of its Kinect moved to the colour
camera) and two KITTI snippets. Drift: mean error over segments of 20 to 80 % of the path (KITTI has 100 to 800 m).
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hondo.core.report import Report, Row, markdown_table
from hondo.core.types import Camera, Size
from hondo.data.datasets.embedded_clip import embedded_clip
from hondo.data.datasets.poses import read_poses
from hondo.engines.load import load
from hondo.geometry.depth_units import unscaled_depth
from hondo.mapping.odometry.estimate import estimate_path
from hondo.mapping.odometry.frames import open_sequence
from hondo.mapping.odometry.odometer import Odometer
from hondo.mapping.trajectory.path_score import PathScore, score_trajectory
from hondo.mapping.trajectory.trajectory import Trajectory
from hondo.synthetic.rendering.render import render
from hondo.synthetic.rendering.scene import stack
from hondo.synthetic.rendering.shade import shadow_maps
from hondo.synthetic.rendering.textures import make_atlas
from hondo.synthetic.scenes import camera_poses, make_views
from hondo.synthetic.viewpoints import loop
from hondo.synthetic.worlds.registry import make_world

LOOPS, FRAMES, SIZE_HW, FOV_DEG = (1, 3, 5), 240, (384, 512), 75.0
# Depth to colour camera of 7-Scenes (the calibration in the README of the shared data).
R_COLOUR_DEPTH = ((0.99996518, 0.00267651, -0.00790410), (-0.00274093, 0.99996303, -0.00815045),
                  (0.00788199, 0.00817183, 0.99993554))  # fmt: skip
T_COLOUR_DEPTH = (-0.0127795, 0.0000505, 0.0010159)


def rendered_loop(seed: int, *, frames: int, size_hw: Size) -> tuple[Iterator[np.ndarray], np.ndarray, Camera]:
    """The first images of one round through a rendered room, one after the other; T_world_camera; the camera."""
    rng, atlas = np.random.default_rng([seed, 77]), make_atlas()
    scene = loop(make_world(rng, atlas, {"room": 1.0}), rng, FRAMES)
    camera, batch = Camera.from_fov(FOV_DEG, size_hw=size_hw), stack([scene])
    shadows = shadow_maps(batch, atlas)

    def images() -> Iterator[np.ndarray]:
        for start in range(0, frames, 8):
            picked = list(range(start, min(start + 8, frames)))
            rendered = render(batch, make_views([scene], [camera], picked), atlas, shadows).image
            yield from (255 * rendered).byte().permute(0, 2, 3, 1).numpy()

    return images(), camera_poses(scene)[:frames].double().numpy(), camera


def score_of(path: np.ndarray, true: np.ndarray) -> PathScore:
    """Of a path whose frames are those of the true one."""
    times = np.arange(len(true)) / 10
    with tempfile.TemporaryDirectory() as folder:
        truth = Trajectory(times=times, poses=true, frames=np.arange(len(true))).write_tum(Path(folder) / "truth.tum")
        return score_trajectory(Trajectory(times=times, poses=path, frames=np.arange(len(true))), truth, fit_scale=True)


def loop_score(seed: int, *, frames: int, size_hw: Size) -> PathScore:
    """Odometry on one rendered loop."""
    images, true, camera = rendered_loop(seed, frames=frames, size_hw=size_hw)
    with load("hondo-nano", engine="torch", precision="fp32") as predictor:
        odometer = Odometer(camera, lambda image: unscaled_depth(predictor(image)))
        for image in images:
            odometer.add(image)
    return score_of(odometer.finish(), true)


def folder_score(folder: str, true: np.ndarray, *, camera: str | None = None, limit: int | None = None) -> PathScore:
    """Odometry on a folder of images with known poses."""
    sequence = open_sequence(folder, camera=camera, fps=10, limit=limit)
    with load("hondo-nano", engine="torch", precision="fp32") as predictor:
        path = estimate_path(sequence, predictor, limit=limit)
    return score_of(path.trajectory.poses, true[: len(path.trajectory.poses)])


def real_rows(data: Path) -> Iterator[tuple[str, PathScore]]:
    """RedKitchen and the KITTI snippets."""
    kitchen, T_colour_depth = data / "indoor_redkitchen", np.eye(4)
    T_colour_depth[:3, :3], T_colour_depth[:3, 3] = R_COLOUR_DEPTH, T_COLOUR_DEPTH
    poses = read_poses(kitchen / "poses_depthcam_to_world.txt") @ np.linalg.inv(T_colour_depth)
    yield "RedKitchen", folder_score(str(kitchen / "color"), poses, camera="525,525,320,240")
    for name, camera in (
        ("seq1", "707.0912,707.0912,601.8873,183.1104"),
        ("seq2", "718.856,718.856,607.1928,185.2157"),
    ):
        folder = data / "driving_kitti_gray" / name
        yield f"KITTI {name}", folder_score(str(folder / "image_0"), read_poses(folder / "poses.txt"), camera=camera)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a short piece of one small loop")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.quick:
        print(markdown_table(loop_score(1, frames=10, size_hw=(96, 128)).rows("loop 1")))
        return
    rows: list[Row] = []
    scores = [loop_score(seed, frames=FRAMES, size_hw=SIZE_HW) for seed in LOOPS]
    for seed, score in zip(LOOPS, scores, strict=True):
        rows += score.rows(f"rendered loop {seed}")
    clip = embedded_clip()
    rows += folder_score(str(clip.folder), read_poses(clip.poses)).rows("embedded clip")
    for subject, score in real_rows(options.data) if options.data else ():
        rows += score.rows(subject)
    report = Report(title="Camera paths", rows=tuple(rows), protocol="Umeyama alignment with one scale (evo)")
    print(report.to_markdown())
    print(f"median drift of the loops: {100 * np.median([score.drift for score in scores]):.2f} %")
    if options.json:
        options.json.write_text(report.to_json() + "\n")


if __name__ == "__main__":
    main()
