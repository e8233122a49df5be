"""``hondo train``: a recipe with some of its fields replaced, trained into a run folder."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass, make_dataclass, replace
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import tyro

from hondo.cli.options.early_checks import check_model
from hondo.cli.options.metavar import shown_as
from hondo.cli.options.model_options import parse_options
from hondo.cli.options.report_table import print_report
from hondo.core.errors import HondoError
from hondo.recipes.recipe import Recipe, read_recipe, stored_name
from hondo.recipes.registry import GROUPS, RECIPES, summary_of

WIDEST = max(map(len, RECIPES))


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """A recipe, and the folder of its run."""

    recipe: Recipe
    data: tuple[str, ...] = ()
    out: Path | None = None
    resume: Path | None = None
    log: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Places:
    """The options that are not fields of the recipe."""

    data: Annotated[tuple[str, ...], shown_as("PATH")] = ()
    """Where the data is: a video, a folder of images, of clips, of stereo pairs (left/ and right/), or one with a
    manifest.csv; several paths, patterns or a comma list for several clips (sets --data.root)."""
    out: Path | None = None
    """The folder of the new run; default: runs/RECIPE."""
    resume: Path | None = None
    """The folder of a run to continue; its own recipe is the default of every option."""
    log: Annotated[tuple[str, ...], shown_as("NAME")] = ()
    """Where the numbers go beside metrics.jsonl: tensorboard, wandb, mlflow (sets --loop.log)."""


def parse(arguments: Sequence[str]) -> TrainConfig:
    """``RECIPE [options]``, or ``--resume RUN [options]``: options start from the recipe, or from the run's own."""
    arguments = [re.sub(r"^--data\.max[-_]bad", "--batches.max-bad", argument) for argument in arguments]
    name = arguments.pop(0) if arguments and not arguments[0].startswith("-") else None
    resumed = _resumed(arguments)
    if name is None and resumed is None:
        return _explain(arguments)
    base = RECIPES[name or stored_name(resumed / "recipe.json")]()  # type: ignore[operator]
    if resumed is not None:
        base = read_recipe(resumed / "recipe.json", base=base)
    options, config = _options(base)
    with _dicts_as_pairs():
        prog, markers = f"hondo train {base.name}", (tyro.conf.FlagConversionOff,)
        parsed = tyro.cli(options, args=arguments, prog=prog, default=config, config=markers)
    changed = {each: getattr(parsed, each) for each in _parts(base)}
    places = {each.name: getattr(parsed.places, each.name) for each in fields(Places)}
    return TrainConfig(recipe=replace(base, **changed), **places)


def _options(base: Recipe) -> tuple[type, Any]:
    """A dataclass of the recipe's parts as they stand (tyro would ask which kind of data it is), and its value."""
    hints = get_type_hints(Recipe)
    types = {name: type(value) if is_dataclass(value) else hints[name] for name, value in _parts(base).items()}
    places = ("places", Annotated[Places, tyro.conf.OmitArgPrefixes], field(default_factory=Places))
    made = [places, *((name, types[name], field(default=value)) for name, value in _parts(base).items())]
    options = make_dataclass("Options", made, kw_only=True, frozen=True)
    return options, options(**_parts(base))


def _dicts_as_pairs() -> tyro.constructors.ConstructorRegistry:
    """Fields like ``terms`` are replaced as a whole: ``--objective.terms silog 1 smoothness 0.1``."""
    registry = tyro.constructors.ConstructorRegistry()

    @registry.primitive_rule
    def pairs(info: tyro.constructors.PrimitiveTypeInfo) -> tyro.constructors.PrimitiveConstructorSpec | None:
        if get_origin(info.type) is not dict:
            return None
        value_of = float if get_args(info.type)[1] is float else _option_value
        return tyro.constructors.PrimitiveConstructorSpec(
            nargs="*",
            metavar="[NAME VALUE ...]",
            instance_from_str=lambda words: {name: value_of(value) for name, value in _pairs(words)},
            is_instance=lambda value: isinstance(value, dict),
            str_from_instance=lambda value: [str(word) for pair in value.items() for word in pair],
        )

    return registry


def _pairs(words: list[str]) -> list[tuple[str, str]]:
    if len(words) % 2:
        raise ValueError(f"'{' '.join(words)}' must be names, each with a value")
    return list(zip(words[::2], words[1::2], strict=True))


def _parts(base: Recipe) -> dict[str, Any]:
    """What of a recipe can be an option: not its name, and nothing that it leaves out."""
    values = {each.name: getattr(base, each.name) for each in fields(base) if each.name != "name"}
    return {name: value for name, value in values.items() if value is not None}


def run(config: TrainConfig) -> None:
    if config.resume is not None and config.out is not None:
        raise HondoError("--resume continues a run in its own folder; leave out --out")
    out = config.resume or config.out or Path("runs") / config.recipe.name
    recipe = with_loggers(with_data(config.recipe, config.data), config.log)
    check_recipe(recipe)
    if config.resume is None:
        check_new_run(out)
    from hondo.recipes.pipeline import run as run_recipe

    trained = run_recipe(recipe, out=out, resume=config.resume is not None)
    if not trained.is_first:
        return
    print_report(trained.report, command="train")
    print(f"run folder: {out}; use it as a model: hondo predict SOURCE --model {out} --out depth")
    if (out / "held_back.jpg").exists():
        print(
            f"look at {out / 'held_back.jpg'}; then: hondo live SOURCE --model {out}, hondo export {out} --to openvino"
        )


def check_recipe(recipe: Recipe) -> None:
    """Refuses a model and files that are not there, before torch is imported."""
    check_model(recipe.model.name)
    root = getattr(recipe.data, "root", "")
    if root is None:
        raise HondoError(f"the data set '{recipe.data.dataset}' needs files; give root=PATH", field="root")
    for each in root if isinstance(root, tuple) else (root,):
        if each and "://" not in each and not _is_pattern(each) and not Path(each).exists():
            raise HondoError(f"{each}: no such file or folder (root={each})", field="root")


def _is_pattern(text: str) -> bool:
    return any(each in text for each in "*?[{,")


def check_new_run(out: Path) -> None:
    """Refuses a folder that holds a run, which would be found out after the camera path."""
    if any((out / "checkpoints" / f"{name}.state").exists() for name in ("last", "before")):
        raise HondoError(f"{out} holds a run already; continue it with resume={out}, or give another out", field="out")


def with_data(recipe: Recipe, paths: tuple[str, ...]) -> Recipe:
    """The recipe reading from ``paths``."""
    if not paths:
        return recipe
    if not hasattr(recipe.data, "root"):
        raise HondoError(f"recipe '{recipe.name}' makes its own data; leave out --data")
    if len(paths) > 1 and recipe.data.dataset != "frames":
        raise HondoError(f"recipe '{recipe.name}' takes one --data, got {len(paths)}: {', '.join(paths[:3])}")
    return replace(recipe, data=replace(recipe.data, root=paths[0] if len(paths) == 1 else paths))


def with_loggers(recipe: Recipe, names: tuple[str, ...]) -> Recipe:
    """The recipe with loggers beside metrics.jsonl."""
    return replace(recipe, loop=replace(recipe.loop, log=names)) if names else recipe


def _resumed(arguments: list[str]) -> Path | None:
    for number, argument in enumerate(arguments):
        if argument == "--resume" and number + 1 < len(arguments):
            return Path(arguments[number + 1])
        if argument.startswith("--resume="):
            return Path(argument.removeprefix("--resume="))
    return None


def _explain(arguments: list[str]) -> TrainConfig:
    """The help without a recipe, or what is missing."""
    if arguments and arguments[0] not in ("-h", "--help"):
        raise HondoError(f"give a recipe first, e.g. hondo train video; recipes: {', '.join(sorted(RECIPES))}")
    lines = ["usage: hondo train RECIPE [--data PATH] [--out RUN] [--x.y VALUE ...]"]
    lines += ["       hondo train --resume RUN [--x.y VALUE ...]", "", "recipes, by what you have:"]
    for have, names in GROUPS.items():
        lines += ["", have, *(f"  {name:<{WIDEST}} {summary_of(name).replace('``', '')}" for name in names)]
    print("\n".join([*lines, "", "hondo train RECIPE --help lists every option with its value"]))
    raise SystemExit(0)


def _option_value(text: str) -> Any:
    """As ``--option key=value`` of the other commands reads it."""
    return parse_options((f"value={text}",))["value"]
