"""``hondo models``."""

import json
import subprocess
import sys

import pytest

from hondo.cli.models import ModelsConfig, run
from hondo.models.registry.facts import stored_facts

NAMES = [fact.name for fact in stored_facts()]


def test_json_holds_every_model(capsys: pytest.CaptureFixture[str]) -> None:
    run(ModelsConfig(json=True))
    printed = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in printed] == NAMES and {"hondo-nano", "monodepth2"} < set(NAMES)
    keys = {"name", "family", "parameters", "macs", "size_hw", "kind", "weights", "licence"}
    assert all(set(entry) == keys and entry["macs"] > 0 for entry in printed)


def test_a_piped_table_has_one_line_a_model(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    run(ModelsConfig())
    printed = capsys.readouterr().out
    rows = [line for line in printed.splitlines() if " M " in line and " G " in line]
    assert [row.split()[1] for row in rows] == NAMES and "multiply-accumulates" in printed


def test_it_answers_without_building_models() -> None:
    code = "import sys; from hondo.cli.main import main; main(['models']); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60).returncode == 0
