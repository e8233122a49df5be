"""run: builds the parts that a recipe describes, trains, and writes a run folder."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from hondo.core.atomic import atomic_write
from hondo.core.cache import read_cached, write_cached
from hondo.core.preparing.scratch import Scratch, scratch_of_run
from hondo.core.processor import hardware
from hondo.core.report import Report, Row, commit
from hondo.data.loading.bad_samples import readable_ones
from hondo.data.loading.batches import BatchSource, ShuffledBatches
from hondo.engines.quantization.calibration import evenly
from hondo.engines.quantization.unlike_data import KEY, ImageStatistics
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.weights_file import save_model
from hondo.recipes.build_parts import build_batches, build_depth_model, build_objective, build_samples
from hondo.recipes.held_back import Comparison, compare, held_back_samples
from hondo.recipes.recipe import EvaluateConfig, Recipe
from hondo.recipes.resume import check_resumable, with_absolute_paths
from hondo.recipes.starting_weights import are_random, with_fitting_settings
from hondo.train.loop.checkpoint import RunFolder, seed_everything
from hondo.train.loop.fabric import make_fabric
from hondo.train.loop.loop import Fitted, Hooks, fit
from hondo.train.loop.loop_config import OptimConfig
from hondo.train.loop.sample_images import image_writer
from hondo.train.objectives.early_watch import EarlyWatch
from hondo.train.objectives.self_supervised import SelfSupervised
from hondo.train.objectives.views.learned_camera import learned_intrinsics

KEPT = "checkpoints/best; what was trained: checkpoints/last"
PREPARING = 0.5  # of max_seconds: what reading the frames and the camera path may take
LEAST_PREPARING_S = 10.0  # in seconds, also where max_seconds is less: a run without frames would teach nothing
STATISTICS_OF = 16  # images
OnValidation = Callable[[Mapping[str, float]], None]
OnCheckpoint = Callable[[int], None]
Validate = Callable[[nn.Module], Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class Trained:
    """The result of a run: the averaged model in evaluation mode on the CPU, and its report."""

    model: DepthModel
    report: Report
    folder: Path | None
    licence: str  # of the model's weights
    is_first: bool = True  # of several processes: the one that speaks and writes


def run(
    recipe: Recipe,
    *,
    out: Path | str | None = None,
    resume: bool = False,
    model: DepthModel | None = None,
    on_validation: OnValidation | None = None,
    on_checkpoint: OnCheckpoint | None = None,
) -> Trained:
    """Trains a recipe into the folder ``out`` (None: in memory only), or continues the run that is there.

    ``model`` replaces the one that the recipe names. Relative paths are stored as absolute ones. ``on_validation`` gets
    the metrics of each validation, ``on_checkpoint`` the step of each checkpoint; what they raise ends the run.
    """
    recipe = with_fitting_settings(with_absolute_paths(recipe))
    run_folder = None if out is None else RunFolder(out)
    if run_folder is not None and resume:
        run_folder.check_started()
        check_resumable(run_folder.recipe, recipe)
    elif run_folder is not None:
        run_folder.check_new()
        run_folder.forget_camera_paths()
    fabric = make_fabric(recipe.fabric)
    limit_s = recipe.optim.max_seconds if fabric.world_size == 1 else None  # processes must keep the same frames
    seconds = limit_s and max(PREPARING * limit_s, LEAST_PREPARING_S)
    calls = {"on_validation": on_validation, "on_checkpoint": on_checkpoint}
    with scratch_of_run(None if out is None else Path(out), seconds=seconds) as prepared:
        return _prepare_and_fit(recipe, fabric, prepared, folder=run_folder, resume=resume, model=model, calls=calls)


def _prepare_and_fit(
    recipe: Recipe,
    fabric: Any,
    prepared: Scratch,
    *,
    folder: RunFolder | None,
    resume: bool,
    model: DepthModel | None,
    calls: Mapping[str, Any],
) -> Trained:
    out = None if folder is None else folder.path
    seed_everything(recipe.seed)
    trained = model or build_depth_model(recipe.without_start() if resume else recipe)
    objective = build_objective(recipe, trained)
    batches = build_batches(recipe, trained, rank=fabric.global_rank, world_size=fabric.world_size)
    optim = _without_preparing(recipe.optim, prepared, resume=resume)
    folder = folder if fabric.global_rank == 0 else None
    seed_everything(recipe.seed + fabric.global_rank)
    common = {"optim": optim, "loop": recipe.loop, "setup": recipe.fabric, "fabric": fabric}
    hooks = _hooks(recipe, batches, folder=folder, **calls)
    fitted, is_kept = fit(objective, batches, **common, folder=out, resume=resume, hooks=hooks), False
    compared = None
    if folder is not None and model is None and (pair := _held_back(recipe, objective, batches, fitted.model)):
        compared, start = pair
        fitted, is_kept = _better(recipe, fitted, start, has_gained=compared.has_gained, folder=folder, hooks=hooks)
    report = _report(recipe, fitted, compared, is_start_kept=is_kept)
    if folder is not None:
        atomic_write(folder.report, report.to_markdown().encode(), sync=True)
        if compared is not None:
            compared.write_sheet(folder.held_back)
        if isinstance(batches, ShuffledBatches):
            for name, text in learned_intrinsics(objective, batches.samples).items():
                atomic_write(folder.path / name, text.encode(), sync=True)
    assert isinstance(fitted.model, DepthModel)
    return Trained(
        model=fitted.model.cpu().eval(),
        report=report,
        folder=out,
        licence=recipe.licence,
        is_first=fabric.global_rank == 0,
    )


def _without_preparing(optim: OptimConfig, prepared: Scratch, *, resume: bool) -> OptimConfig:
    """max_seconds without the time that preparing took; a resumed run remembers it."""
    if optim.max_seconds is None:
        return optim
    file = None if prepared.folder is None else RunFolder(prepared.folder).camera_paths / "seconds.json"
    stored = None if file is None or not resume else read_cached(file)
    seconds = prepared.seconds_used if stored is None else float(stored["seconds"])
    if file is not None and file.parent.is_dir() and stored is None:
        write_cached(file, {"seconds": seconds})
    return replace(optim, max_seconds=optim.max_seconds - min(seconds, PREPARING * optim.max_seconds))


def _hooks(
    recipe: Recipe,
    batches: BatchSource,
    *,
    folder: RunFolder | None,
    on_validation: OnValidation | None,
    on_checkpoint: OnCheckpoint | None,
) -> Hooks:
    training: dict[str, Any] = {"recipe": recipe.name, "recipe_hash": recipe.hash, "commit": commit()}
    training |= {"seed": recipe.seed} | ({} if folder is None else _image_statistics(batches))

    def export(model: nn.Module, path: Path) -> Path:
        return save_model(model, path, licence=recipe.licence, training=training)

    validate = None if recipe.evaluate is None else _validation(recipe.evaluate, on_validation)
    image = None
    if recipe.loop.picture_every and isinstance(batches, ShuffledBatches):
        image = image_writer(batches.samples)

    def store_recipe() -> None:
        if folder is not None:
            atomic_write(folder.recipe, recipe.to_json().encode(), sync=True)

    stated = asdict(recipe) | training | {"hardware": hardware()}
    watch = None
    if folder is not None and recipe.objective.objective == "self-supervised" and isinstance(batches, ShuffledBatches):
        watch = EarlyWatch(batches.samples, folder.samples)
    named = {"name": recipe.name, "config": stated, "started": store_recipe}
    return Hooks(export=export, validate=validate, image=image, watch=watch, saved=on_checkpoint, **named)


def _better(
    recipe: Recipe, fitted: Fitted, start: DepthModel, *, has_gained: bool, folder: RunFolder, hooks: Hooks
) -> tuple[Fitted, bool]:
    """The run as it ended, or with the model it began with where nothing was gained; and whether that is so."""
    is_wanted = recipe.loop.keep_start and recipe.evaluate is None and not are_random(recipe.model)
    if has_gained or not is_wanted:
        if recipe.evaluate is None:
            folder.best.unlink(missing_ok=True)  # of a run that was resumed: it gains now
        return fitted, False
    assert hooks.export is not None
    hooks.export(start, folder.best)
    return replace(fitted, model=start), True


def _image_statistics(batches: BatchSource) -> dict[str, Any]:
    """What the images look like, so that calibration images that look different can be told; of samples alone."""
    if not isinstance(batches, ShuffledBatches):
        return {}
    samples = readable_ones(batches.samples, evenly(len(batches.samples), count=STATISTICS_OF))
    return {KEY: asdict(ImageStatistics.of(sample.image.numpy() for sample in samples))} if samples else {}


def _held_back(
    recipe: Recipe, objective: Any, batches: BatchSource, model: nn.Module
) -> tuple[Comparison, DepthModel] | None:
    """Before and after on frames that were held back, and the model of before; None where there are none."""
    held = held_back_samples(batches.samples) if isinstance(batches, ShuffledBatches) else []
    if not held or not isinstance(objective, SelfSupervised) or not isinstance(model, DepthModel):
        return None
    seed_everything(recipe.seed)
    start = build_depth_model(recipe)
    start.set_input_spec(model.input_spec)
    return compare(objective, held, before=start, after=model), start


def _validation(config: EvaluateConfig, on_validation: OnValidation | None) -> Validate:
    """Scores the model on labelled data; every metric by name."""
    samples = build_samples(config.data)

    def validate(model: nn.Module) -> Mapping[str, float]:
        from hondo.engines.load import load
        from hondo.evaluate.accuracy.evaluation import evaluate

        assert isinstance(model, DepthModel)
        device = str(next(model.parameters()).device)
        predictor: Any = load(model, engine="torch", device=device, precision="fp32")  # "auto" would follow the clock
        report = evaluate(predictor, samples, protocol=config.protocol, align=config.align)
        values = {row.name: row.value for row in report.rows}
        if on_validation is not None:
            on_validation(values)
        return values

    return validate


def _report(recipe: Recipe, fitted: Fitted, compared: Comparison | None, *, is_start_kept: bool) -> Report:
    rows = [
        Row(name="steps", value=fitted.steps, subject=recipe.name),
        Row(name="images", value=fitted.images, subject=recipe.name),
        Row(name="time", value=fitted.seconds, unit="s", subject=recipe.name),
        Row(name="images_per_s", value=fitted.images / max(fitted.seconds, 1e-9), better="higher", subject=recipe.name),
        Row(name="loss", value=fitted.loss, better="lower", subject=recipe.name),
    ]
    rows += [Row(name=name, value=value, subject=recipe.name) for name, value in fitted.validation.items()]
    protocol = recipe.evaluate.protocol if recipe.evaluate else ""
    notes = (f"model {recipe.model.name}", f"licence of the weights: {recipe.licence}")
    if compared is not None:
        rows += compared.rows(recipe.name)
        notes += (compared.verdict, "images before and after: held_back.jpg")
    if is_start_kept:
        notes += (f"nothing gained on the frames held back: the run ends with the model it began with ({KEPT})",)
    title = f"Training: {recipe.name}"
    return Report(
        title=title, rows=tuple(rows), protocol=protocol, recipe_hash=recipe.hash, seed=recipe.seed, notes=notes
    )
