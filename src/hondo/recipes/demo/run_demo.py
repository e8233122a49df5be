"""The demo: predicts, adapts without labels, scores, exports and measures, on the embedded clip."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.core.report import Row
from hondo.core.types import DepthMap
from hondo.engines.load import build_depth_model
from hondo.models.base.depth_model import DepthModel
from hondo.models.registry.zoo import PACKAGED_WEIGHTS
from hondo.recipes.demo.clip_accuracy import accuracy_rows, baseline_rows
from hondo.recipes.demo.demo_clip import DemoClip, open_clip, predict_clip
from hondo.recipes.demo.demo_config import DemoConfig, ProgressReporter
from hondo.recipes.demo.demo_images import write_cloud, write_sheet, write_video
from hondo.recipes.demo.exports import export_all, speed_rows
from hondo.recipes.demo.outcome import ADAPTED, SHEET, Outcome, next_commands, stem_of, write_outcome
from hondo.recipes.pipeline import Trained, run
from hondo.recipes.recipe import ModelConfig, Recipe
from hondo.recipes.video_recipes import adapt as clip_recipe
from hondo.train.loop.checkpoint import RunFolder


def adapt_recipe(clip: DemoClip, config: DemoConfig) -> Recipe:
    """ "video" for so many seconds. It is given the images' folder, not the clip's: depth and poses stay unseen."""
    recipe = clip_recipe(str(clip.files.images), seconds=config.seconds)
    data = replace(
        recipe.data,
        camera=str(clip.files.intrinsics),
        stop=config.frames,
        size_hw=config.adapt_hw or recipe.data.size_hw,
    )
    return replace(recipe, data=data, model=ModelConfig(name=config.model, weights=config.weights))


def adapt(clip: DemoClip, config: DemoConfig, *, folder: Path, shows_progress: bool) -> Trained:
    """The model adapted; ``folder`` is a run folder like any other. An earlier demo's is overwritten."""
    recipe = adapt_recipe(clip, config)
    recipe = replace(recipe, loop=replace(recipe.loop, show_progress=shows_progress))
    RunFolder(folder).forget_states()
    RunFolder(folder).best.unlink(missing_ok=True)
    return run(recipe, out=folder)


PACKAGED = ("hondo-nano", "hondo-small")
SMALLEST = "hondo-nano"  # shown beside the model that is adapted


@dataclass(frozen=True, kw_only=True)
class Demo:
    """The results, and the commands to try next."""

    outcome: Outcome
    commands: list[str]


def run_demo(config: DemoConfig, *, progress: ProgressReporter | None = None) -> Demo:
    """The main job end to end into ``config.out``. Ctrl-C leaves what was done, with a report of it."""
    progress, start = progress or ProgressReporter(), time.perf_counter()
    outcome = Outcome()
    model, clip = demo_model(config), open_clip(config)
    try:
        _steps(model, clip, config, outcome=outcome, progress=progress)
    except KeyboardInterrupt:
        outcome.notes.append("stopped before the end")
        write_outcome(outcome, config.out)
        raise
    outcome.rows.append(Row(name="time", value=time.perf_counter() - start, unit="s", subject="the whole demo"))
    write_outcome(outcome, config.out)
    return Demo(outcome=outcome, commands=next_commands(clip, config, written=tuple(outcome.files)))


def demo_model(config: DemoConfig) -> DepthModel:
    """The model with its trained weights; an installation without them is refused."""
    name = config.model
    if config.weights is None and name in PACKAGED and name not in PACKAGED_WEIGHTS:
        raise HondoError(
            f"the trained weights of {name} are missing; install hondo again, or give weights=FILE", field="weights"
        )
    return build_depth_model(name, weights=config.weights, options={})


def _steps(
    model: DepthModel, clip: DemoClip, config: DemoConfig, *, outcome: Outcome, progress: ProgressReporter
) -> None:
    progress.step(f"predicting the depth of {len(clip.images)} frames with {config.model}")
    before = predict_clip(model, clip, config, progress=progress, name=config.model)
    outcome.rows += baseline_rows(clip)
    if config.weights is None and config.model != SMALLEST and SMALLEST in PACKAGED_WEIGHTS:
        smallest = build_depth_model(SMALLEST, weights=None, options={})
        maps = predict_clip(smallest, clip, config, progress=progress, name=SMALLEST)
        outcome.rows += accuracy_rows(maps, clip, subject=SMALLEST)
    outcome.rows += accuracy_rows(before, clip, subject=config.model)

    progress.step(f"adapting it to the clip for {config.seconds:g} s by self-supervision (no depth, no poses)")
    outcome.files[ADAPTED] = "the run folder of the adapted model: a MODEL for every command"
    trained = adapt(clip, config, folder=config.out / ADAPTED, shows_progress=progress.shows_progress)
    _note_training(trained, outcome, progress=progress)

    progress.step("predicting and scoring again")
    after = predict_clip(trained.model, clip, config, progress=progress, name="the adapted model")
    outcome.rows += accuracy_rows(after, clip, subject=f"{config.model}, adapted")

    progress.step("drawing")
    _draw(before, after, clip, config, outcome=outcome, progress=progress)

    progress.step("exporting, each file compared with torch")
    exported = export_all(trained.model, config, stem=stem_of(config), licence=trained.licence, progress=progress)
    outcome.files |= {one.path.name: f"the adapted model for {one.engine}" for one in exported}

    height, width = config.speed_hw
    progress.step(f"measuring speed at {width}x{height}")
    folder = RunFolder(config.out / ADAPTED)
    weights_file = folder.best if folder.best.exists() else folder.last
    outcome.rows += speed_rows(trained.model, exported, config, weights_file=weights_file, progress=progress)


def _note_training(trained: Trained, outcome: Outcome, *, progress: ProgressReporter) -> None:
    held = [note for note in trained.report.notes if "held back:" in note or "model it began with" in note]
    for note in held:
        progress.note(note)
    outcome.notes += held
    outcome.rows += [row for row in trained.report.rows if row.name in ("steps", "time", "images_per_s", "loss")]
    outcome.notes.append(f"adapted by recipe video {trained.report.recipe_hash}, seed {trained.report.seed}")


def _draw(
    before: list[DepthMap],
    after: list[DepthMap],
    clip: DemoClip,
    config: DemoConfig,
    *,
    outcome: Outcome,
    progress: ProgressReporter,
) -> None:
    write_sheet(config.out / SHEET, before, after, clip)
    outcome.files[SHEET] = "image, depth before, depth after, measured depth; edges close up"
    write_video(config.out / "depth.mp4", before, after, clip, progress=progress)
    outcome.files["depth.mp4"] = "image, depth before and depth after of every frame"
    write_cloud(config.out / "points.ply", after, clip)
    outcome.files["points.ply"] = "one frame as coloured points, true up to one factor"
