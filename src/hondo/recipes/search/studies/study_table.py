"""The table of studies; imports none of them, and no torch."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hondo.core.errors import HondoError, unknown
from hondo.core.tables import Table

if TYPE_CHECKING:
    from hondo.recipes.search.search_space import Study

# Each entry: data ("synthetic", a path, or None) -> the study. None: the part that needs no data, where there is one.
STUDIES: "Table[Callable[[str | None], Study]]" = Table(
    "study",
    {
        "thesis36": "hondo.recipes.search.studies.thesis36:thesis36",
        "vtdepth": "hondo.recipes.search.studies.vtdepth_study:vtdepth_study",
    },
)
SUFFIXES = (".toml", ".json", ".py")


def check_study(name: str) -> None:
    """Refuses a name that is neither in STUDIES nor a file that can hold a study."""
    if name in STUDIES:
        return
    if Path(name).suffix not in SUFFIXES:
        raise unknown("study", name, [*STUDIES, "a .toml, .json or .py file"], field="study")
    check_study_file(Path(name))


def check_study_file(path: Path) -> None:
    """Refuses a file that is not there."""
    if not path.is_file():
        raise HondoError(f"study {path}: no such file", field="study")
