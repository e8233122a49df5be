"""The table of studies, and the study that a name or a file stands for."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hondo.core.errors import HondoError, unknown
from hondo.core.tables import Table
from hondo.recipes.search.search_space import Factor, Level, Study
from hondo.recipes.search.studies.study_file import read_study

# Each entry: data ("synthetic", a path, or None) -> the study. None: the part that needs no data, where there is one.
STUDIES: Table[Callable[[str | None], Study]] = Table(
    "study",
    {
        "thesis36": "hondo.recipes.search.studies.thesis36:thesis36",
        "vtdepth": "hondo.recipes.search.studies.vtdepth_study:vtdepth_study",
    },
)
SYNTHETIC = "synthetic"
SUFFIXES = (".toml", ".json", ".py")


def study_named(name: str, *, data: str | None = None) -> Study:
    """A study of STUDIES, or of a file; ``data``: where its recipe reads from."""
    if name in STUDIES:
        return STUDIES[name](data)
    if Path(name).suffix not in SUFFIXES:
        raise unknown("study", name, [*STUDIES, "a .toml, .json or .py file"], field="study")
    study = read_study(Path(name))
    if data is None:
        return study
    if not hasattr(study.recipe.data, "root"):
        raise HondoError(f"recipe '{study.recipe.name}' makes its own data; leave out data", field="data")
    return replace(study, recipe=replace(study.recipe, data=replace(study.recipe.data, root=data)))


def with_speed(
    study: Study, *, engine: str | None = None, threads: int | None = None, precisions: tuple[str, ...] = ()
) -> Study:
    """The study with its speed measured in another engine, with other threads, and in these precisions."""
    if study.speed is None:
        if engine or threads or precisions:
            raise HondoError(f"study '{study.name}' measures no speed: leave out engine, threads and precisions")
        return study
    changed = replace(study.speed, engine=engine or study.speed.engine, threads=threads or study.speed.threads)
    factors = study.factors
    if precisions:
        levels = tuple(Level(label=name, changes={"speed.precision": name}) for name in precisions)
        others = [factor for factor in factors if factor.name != "precision"]
        factors = (*others, Factor(name="precision", levels=levels))
    return replace(study, speed=changed, factors=factors)
