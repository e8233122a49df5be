"""The table of objectives: a config states the name of its own entry."""

import pytest

from hondo.core.errors import HondoError
from hondo.train.objectives.registry import OBJECTIVES


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_config_names_its_entry(name: str) -> None:
    assert OBJECTIVES[name].config.objective == name


def test_refuses_an_unknown_objective() -> None:
    with pytest.raises(HondoError, match="supervised"):
        OBJECTIVES["no-such"]
