"""``hondo models``."""

import json

import pytest

from hondo.cli.models import ModelsConfig, run
from hondo.models import zoo


@pytest.fixture(autouse=True)
def two_models(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"unet-light": zoo.ZOO["unet-light"], "nano-pose": zoo.ZOO["nano-pose"]}
    monkeypatch.setattr(zoo.ZOO, "_entries", names)


def test_json_holds_every_model(capsys: pytest.CaptureFixture[str]) -> None:
    run(ModelsConfig(json=True))
    printed = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in printed] == ["unet-light", "nano-pose"]
    keys = {"name", "family", "parameters", "macs", "size_hw", "kind", "weights", "licence"}
    assert all(set(entry) == keys and entry["macs"] > 0 for entry in printed)


def test_the_table_names_every_model(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    run(ModelsConfig())
    printed = capsys.readouterr().out
    assert "unet-light" in printed and "nano-pose" in printed and "multiply-accumulates" in printed


def test_a_piped_table_has_one_line_a_model(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    run(ModelsConfig())
    lines = capsys.readouterr().out.splitlines()
    assert sum("unet-light" in line and " M " in line and "random" in line for line in lines) == 1
