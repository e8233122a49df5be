from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.recipes.search.studies.study_table import STUDIES, check_study


def test_names_and_files_that_are_there(tmp_path: Path) -> None:
    for name in STUDIES:
        check_study(name)
    (tmp_path / "mine.toml").touch()
    check_study(str(tmp_path / "mine.toml"))


@pytest.mark.parametrize(
    ("name", "said"), [("thesis63", "unknown study 'thesis63'; did you mean thesis36"), ("gone.toml", "no such file")]
)
def test_what_is_neither(name: str, said: str) -> None:
    with pytest.raises(HondoError, match=said):
        check_study(name)
