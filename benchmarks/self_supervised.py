"""What learning without depth reaches: python benchmarks/self_supervised.py [--data ../shared/data] [--quick]

    --parts rendered clip kitchen grey queue pair   (default: rendered, and all where --data is given)
    --json docs/reports/self_supervised.json   (parts that were not run stay as they are)

rendered: the tiny twins M, S, MS and ManyDepth, trained on one rendered set, scored on scenes they have not seen,
beside ManyDepth's teacher and, for stereo, the error of the metres. clip: what `hondo demo` does, a minute of `video`
on the embedded clip, with several seeds, before and after. kitchen: `indoor-video` on frames 0-899 of RedKitchen with
three seeds, scored on frames 900-999 beside the model it started from and the oracle row plane.
grey: the direction of the motion that two-view geometry finds on KITTI's grey snippets, against their poses. queue:
`video` on the KITTI queue, scored by LiDAR. pair: `stereo-folder` on one pair of KITTI 06, by its photometric error.
No depth is used in training.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hondo.core.atomic import atomic_write
from hondo.core.report import Report, Row, markdown_table
from hondo.core.sample import Sample, Samples
from hondo.core.types import Camera, DepthKind, DepthMap
from hondo.data.datasets.camera_path import camera_path
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.clip_files import list_images
from hondo.data.datasets.intrinsics import read_camera
from hondo.data.datasets.poses import read_poses
from hondo.data.datasets.rgbd import Rgbd
from hondo.data.loading.collate import collate
from hondo.engines.load import load
from hondo.evaluate.accuracy.evaluation import evaluate_samples, predict_with
from hondo.evaluate.accuracy.subject import row_plane
from hondo.geometry.depth_units import invert_depth
from hondo.images.read import image_size, read_image, write_image
from hondo.losses.views.reprojection import Views, reprojection_loss
from hondo.models.base.depth_model import DepthModel
from hondo.models.registry.build_model import build_model
from hondo.recipes.build_parts import build_batches, build_samples
from hondo.recipes.demo.clip_accuracy import ONE_SCALE, accuracy_rows
from hondo.recipes.demo.demo_clip import open_clip, predict_clip
from hondo.recipes.demo.demo_config import DemoConfig, ProgressReporter
from hondo.recipes.demo.run_demo import adapt_recipe
from hondo.recipes.pipeline import run
from hondo.recipes.recipe import Recipe
from hondo.recipes.registry import RECIPES
from hondo.train.loop.checkpoint import seed_everything
from hondo.train.loop.loop import fit
from hondo.train.loop.loop_config import FabricConfig, LoopConfig
from hondo.train.objectives.matched_frames import build_multi_frame
from hondo.train.objectives.objective import both_units, resized
from hondo.train.objectives.stereo_scale import stereo_factor

KITCHEN_CAMERA = "525,525,320,240"
QUEUE_CAMERA = "721.5377,721.5377,609.5593,172.854"
TRIPLET_CAMERA, TRIPLET_BASELINE = "707.0912,707.0912,601.8873,183.1104", 0.54
LONG_LR = 3e-4  # of the tiny twins in a long training, in which some die at the rate of their few steps
QUIET = LoopConfig(log_every=1000, checkpoint_every=100_000, show_progress=False)
CPU = FabricConfig(accelerator="cpu", precision="32-true")


def _row(subject: str, name: str, value: float, **more: Any) -> Row:
    return Row(subject=subject, name=name, value=float(value), **more)


def _quiet(recipe: Recipe, **changes: Any) -> Recipe:
    return replace(recipe, fabric=CPU, loop=QUIET, **changes)


# rendered scenes


def rendered(args: argparse.Namespace) -> Iterator[Row]:
    """The tiny twins on one rendered set."""
    for subject in ("kitti-ms",) if args.quick else ("kitti-mono", "kitti-stereo", "kitti-ms"):
        recipe = _longer(RECIPES[f"{subject}-tiny"](), args)
        error, scale = rendered_error(run(recipe).model, _unseen(recipe, args))
        yield _row(subject, "abs_rel, unseen scenes", error, better="lower")
        if "stereo" in recipe.data.sources:
            yield _row(subject, "metres / true metres", scale)
    yield from _multi_frame(args)


def _longer(recipe: Recipe, args: argparse.Namespace) -> Recipe:
    data = replace(recipe.data, length=4 if args.quick else args.scenes)
    optim = replace(recipe.optim, lr=LONG_LR, max_steps=2 if args.quick else args.steps)
    return _quiet(recipe, data=data, optim=optim)


def _unseen(recipe: Recipe, args: argparse.Namespace) -> Samples:
    return build_samples(replace(recipe.data, seed=99, length=2 if args.quick else 16))


@torch.no_grad()
def rendered_error(model: DepthModel, samples: Samples, *, is_matching: bool = False) -> tuple[float, float]:
    """abs_rel after scaling by the median of each image, and the median of predicted over true depth."""
    errors, scales = [], []
    for index in range(len(samples)):
        batch = collate([samples[index]])
        assert batch.depth_gt is not None and batch.valid is not None
        views: list[Any] = []
        if is_matching:
            assert batch.source_images is not None
            views = [batch.source_images[:, :1], batch.K]
        depth = both_units(resized(model.eval()(batch.image, *views)[0], batch.image.shape[-2:]), model.kind)["depth"]
        found, truth = depth[batch.valid], batch.depth_gt[batch.valid]
        scale = float(found.median() / truth.median())
        errors.append(float(((found / scale - truth).abs() / truth).mean()))
        scales.append(scale)
    return float(np.mean(errors)), float(np.median(scales))


def _multi_frame(args: argparse.Namespace) -> Iterator[Row]:
    """ManyDepth beside its teacher, both from the same run."""
    recipe = _longer(RECIPES["manydepth-kitti-tiny"](), args)
    seed_everything(recipe.seed)
    model: Any = build_model(recipe.model.name, "random", **recipe.model.options)
    objective = build_multi_frame(model, recipe.objective)
    batches = build_batches(recipe, model)
    fit(objective, batches, optim=recipe.optim, loop=QUIET, setup=CPU)
    unseen = _unseen(recipe, args)
    error, _ = rendered_error(model, unseen, is_matching=True)
    yield _row("manydepth-kitti", "abs_rel, unseen scenes", error, better="lower")
    error, _ = rendered_error(objective.teacher, unseen)
    yield _row("its single-frame teacher", "abs_rel, unseen scenes", error, better="lower")


# real images


def clip(args: argparse.Namespace) -> Iterator[Row]:
    """The demo's adaptation; the steps are given, as its minute is another number of them on each machine."""
    config = DemoConfig(out=Path("unused"), frames=9 if args.quick else None)
    opened, reporter = open_clip(config), ProgressReporter()
    scored = lambda model: accuracy_rows(  # noqa: E731
        predict_clip(model, opened, config, progress=reporter, name=""), opened, subject=""
    )
    wanted = {"abs_rel": "abs_rel, clip", ONE_SCALE: "abs_rel, clip, one scale"}
    start: Any = build_model(config.model)
    models = {f"{config.model} (start)": start}
    for seed in range(1 if args.quick else args.seeds):
        recipe = adapt_recipe(opened, config)
        optim = replace(recipe.optim, max_seconds=None, max_steps=2 if args.quick else args.adapt_steps)
        with tempfile.TemporaryDirectory() as folder:
            run_out = Path(folder) / "run"
            trained = run(replace(recipe, optim=optim, loop=QUIET, seed=seed), out=run_out)
        models[f"the demo's adaptation, seed {seed}"] = trained.model
    for subject, model in models.items():
        for row in scored(model):
            if row.name in wanted:
                yield _row(subject, wanted[row.name], row.value, better="lower")


def kitchen(args: argparse.Namespace) -> Iterator[Row]:
    """Three seeds of `indoor-video`."""
    root = args.data / "indoor_redkitchen"
    judged = Frames(root, camera=KITCHEN_CAMERA, start=900, max_depth=10.0)
    yield _scored(judged, "the oracle row plane", "RedKitchen", predict=row_plane)
    yield _scored(judged, "hondo-nano (start)", "RedKitchen", model=build_model("hondo-nano"))
    recipe = RECIPES["indoor-video"]()
    data = replace(recipe.data, root=str(root), camera=KITCHEN_CAMERA, stop=900)
    found = []
    for seed in range(args.seeds):
        model = run(_adapting(recipe, args, data=data, seed=seed)).model
        found.append(_scored(judged, f"indoor-video, seed {seed}", "RedKitchen", model=model))
        yield found[-1]
    values = [row.value for row in found]
    yield _row("indoor-video, mean", "abs_rel, RedKitchen", float(np.mean(values)), better="lower")
    yield _row("indoor-video, mean", "spread of the seeds", max(values) - min(values))


def queue(args: argparse.Namespace) -> Iterator[Row]:
    """The KITTI queue by LiDAR."""
    judged = Rgbd(args.data, only="kitti_queue", every=3)
    yield _scored(judged, "hondo-nano (start)", "KITTI queue", model=build_model("hondo-nano"))
    recipe = RECIPES["video"]()
    data = replace(recipe.data, root=str(args.data / "driving_kitti_queue/image_02"), camera=QUEUE_CAMERA)
    model = run(_adapting(recipe, args, data=data)).model
    yield _scored(judged, "video", "KITTI queue", model=model)


def _adapting(recipe: Recipe, args: argparse.Namespace, **changes: Any) -> Recipe:
    """With the frames in memory, for so many steps."""
    optim = replace(recipe.optim, max_steps=args.adapt_steps)
    return _quiet(recipe, optim=optim, batches=replace(recipe.batches, cache=True), **changes)


def pair(args: argparse.Namespace) -> Iterator[Row]:
    """A stereo pair by its photometric error."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _pair(args, Path(folder))


def _pair(args: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """`stereo-folder` on the pair 12 of KITTI 06; before it, the scale of its disparity is given to the model."""
    for side, name in (("left", "kitti06-12-color.png"), ("right", "kitti06-12-R-color.png")):
        write_image(folder / side / "12.png", read_image(args.data / "driving_kitti06_stereo_triplet" / name))
    recipe = RECIPES["stereo-folder"]()
    data = replace(recipe.data, root=str(folder), camera=TRIPLET_CAMERA, baseline=TRIPLET_BASELINE)
    samples = build_samples(data, multiple_of=32)
    start: Any = build_model("hondo-nano")
    start.make_metric(stereo_factor(samples, start))
    yield _row("hondo-nano (start)", "photometric error, KITTI 06 pair", pair_error(start, samples), better="lower")
    model = run(_adapting(recipe, args, data=data)).model
    yield _row("stereo-folder", "photometric error, KITTI 06 pair", pair_error(model, samples), better="lower")


@torch.no_grad()
def pair_error(model: DepthModel, samples: Samples) -> float:
    """The photometric error of the right image, warped to the left one by the model's metres."""
    batch = collate([samples[0]])
    assert batch.source_images is not None and batch.T_source_target is not None and batch.K is not None
    assert model.kind is DepthKind.METRIC_INVERSE_DEPTH
    depth = both_units(resized(model.eval()(batch.image)[0], batch.image.shape[-2:]), model.kind)["depth"]
    views = Views(
        target=batch.image,
        sources=[batch.source_images[:, 0]],
        K=batch.K,
        source_K=[batch.K],
        T_source_target=[batch.T_source_target[:, 0]],
    )
    return float(reprojection_loss([depth], views, mask_outside=True))


def grey(args: argparse.Namespace) -> Iterator[Row]:
    """Degrees between the found and the true direction of the motion from frame to frame."""
    predictor = load("hondo-nano", engine="torch", precision="fp32")
    for name in ("seq1", "seq2"):
        folder = args.data / "driving_kitti_gray" / name
        images = list_images(folder / "image_0")[: args.frames]
        camera = grey_camera(folder / "calib.txt", image_size(images[0]))
        found = camera_path(map(read_image, images), camera, depth=lambda image: _depth_of(predictor(image)))
        angles = direction_errors(found, read_poses(folder / "poses.txt")[: len(images)])
        yield _row(
            f"two-view geometry, KITTI grey {name}",
            "direction of motion, median",
            float(np.median(angles)),
            unit="degrees",
        )


def _depth_of(depth_map: DepthMap) -> Any:
    return invert_depth(depth_map.values, not_positive="inf") if depth_map.kind.is_inverse else depth_map.values


def grey_camera(calibration: Path, size_hw: tuple[int, int]) -> Camera:
    """Of the first projection matrix, which is the left camera's."""
    fx, _, cx, _, _, fy, cy, *_ = calibration.read_text().split()
    return read_camera(f"{fx},{fy},{cx},{cy}", size_hw=size_hw)


def direction_errors(found: Any, truth: Any) -> Any:
    """Degrees between the translations of consecutive poses (camera to world), each in its earlier camera."""
    steps = [np.linalg.inv(poses[:-1]) @ poses[1:] for poses in (found, truth)]
    ways = [each[:, :3, 3] / np.linalg.norm(each[:, :3, 3], axis=1, keepdims=True).clip(1e-12) for each in steps]
    return np.degrees(np.arccos((ways[0] * ways[1]).sum(1).clip(-1, 1)))


def _scored(
    samples: Samples,
    subject: str,
    where: str,
    *,
    model: DepthModel | None = None,
    predict: Callable[[Sample], DepthMap] | None = None,
) -> Row:
    """abs_rel with the median of each image aligned."""
    if model is not None:
        predict = predict_with(load(model, engine="torch", precision="fp32"))
    assert predict is not None
    report = evaluate_samples(predict, samples, subject=subject, protocol="dense", align="median").report()
    value = next(row.value for row in report.rows if row.name == "abs_rel")
    return _row(subject, f"abs_rel, {where}", value, better="lower")


PARTS = {"rendered": rendered, "clip": clip, "kitchen": kitchen, "grey": grey, "queue": queue, "pair": pair}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--parts", nargs="+", choices=list(PARTS))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--scenes", type=int, default=300)
    parser.add_argument("--adapt-steps", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--frames", type=int, default=51)
    args = parser.parse_args()
    rows: list[Row] = []
    for name in args.parts or (list(PARTS) if args.data else ["rendered"]):
        for row in PARTS[name](args):
            print(f"{row.subject}: {row.name} {row.value:.4f}", flush=True)
            rows.append(row)
    print(markdown_table(rows))
    if args.json is not None:
        if args.json.exists():
            new = {(row.subject, row.name) for row in rows}
            before = Report.from_json(args.json.read_text()).rows
            rows = [row for row in before if (row.subject, row.name) not in new] + rows
        notes = (f"{args.steps} steps on {args.scenes} rendered scenes, {args.adapt_steps} on real images",)
        report = Report(title="Learning without depth", rows=tuple(rows), notes=notes)
        atomic_write(args.json, report.to_json().encode())


if __name__ == "__main__":
    main()
