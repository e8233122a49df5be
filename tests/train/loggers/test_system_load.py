"""The machine's load as numbers."""

from hondo.train.loggers.system_load import system_load


def test_memory_and_load():
    values = system_load()
    assert 50 < values["memory_mb"] < 1e6 and 0 <= values["cpu_load"] < 1000
    assert all(isinstance(value, float) for value in values.values())
