"""The bill of materials lists what is installed, in CycloneDX's words; the pins with hashes name no registry."""

import importlib
import json
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_bill_lists_what_is_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    monkeypatch.setattr("sys.argv", ["bill_of_materials.py", "--out", str(tmp_path / "sbom.json")])
    assert importlib.import_module("bill_of_materials").main() == 0
    bill = json.loads((tmp_path / "sbom.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    components = {each["name"]: each for each in bill["components"]}
    assert components["numpy"]["version"] == version("numpy")
    assert components["numpy"]["purl"] == f"pkg:pypi/numpy@{version('numpy')}"
    references = {each["bom-ref"] for each in bill["components"]} | {"hondo"}
    assert len(references) == len(bill["components"]) + 1, "each reference is its own"
    requires = {each["ref"]: each["dependsOn"] for each in bill["dependencies"]}
    assert set(requires) <= references and {one for many in requires.values() for one in many} <= references
    assert components["numpy"]["purl"] in requires["hondo"]


def test_pins_with_hashes_are_those_of_the_tested_set() -> None:
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    pins = [line.split(" --hash=sha256:") for line in lines]
    assert all(len(pin) == 2 and len(pin[1]) == 64 for pin in pins)
    assert not any("://" in line for line in lines)
    tested = (ROOT / "constraints.txt").read_text().partition("# Extras outside")[0].splitlines()
    assert sorted(pin for pin, _ in pins) == sorted(line for line in tested if line and not line.startswith("#"))
