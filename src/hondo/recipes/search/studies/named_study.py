"""The study that a name or a file stands for, and with its speed measured otherwise."""

from dataclasses import replace
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.recipes.search.search_space import Factor, Level, Study
from hondo.recipes.search.studies.study_file import read_study
from hondo.recipes.search.studies.study_table import STUDIES, check_study


def study_named(name: str, *, data: str | None = None) -> Study:
    """A study of STUDIES, or of a file; ``data``: where its recipe reads from."""
    check_study(name)
    if name in STUDIES:
        return STUDIES[name](data)
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
