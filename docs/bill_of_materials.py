"""The software bill of materials of an environment: `python docs/bill_of_materials.py --out sbom.json` (CycloneDX 1.6).

Every installed distribution with its version, licence and package URL, and which of them each one requires. Nothing is
fetched: all of it stands in the metadata of what is installed.
"""

import argparse
import json
import re
import sys
import uuid
from datetime import UTC, datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

ROOT_NAME = "hondo"


def bill() -> dict[str, Any]:
    """The bill as CycloneDX's JSON states it."""
    found = {_name(each): each for each in distributions()}
    own = found.pop(ROOT_NAME, None)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": {"type": "library", "bom-ref": ROOT_NAME, "name": ROOT_NAME}
            | ({} if own is None else {"version": own.version}),
        },
        "components": [_component(each) for _, each in sorted(found.items())],
        "dependencies": [
            {"ref": _reference(each), "dependsOn": _required(each, found)}
            for each in [*([] if own is None else [own]), *(each for _, each in sorted(found.items()))]
        ],
    }


def _component(each: Distribution) -> dict[str, Any]:
    licence = each.metadata.get("License-Expression") or each.metadata.get("License") or ""
    stated = [{"license": {"name": licence.splitlines()[0][:100]}}] if licence.strip() else []
    facts = {
        "type": "library", "bom-ref": _reference(each), "name": _name(each), "version": each.version,
        "purl": _reference(each),
    }  # fmt: skip
    return facts | ({"licenses": stated} if stated else {})


def _required(each: Distribution, found: dict[str, Distribution]) -> list[str]:
    """Of what it requires, what is installed; packages of extras count where they are here."""
    names = {re.split(r"[^\w.-]", line, maxsplit=1)[0].lower().replace("_", "-") for line in each.requires or ()}
    return sorted(_reference(found[name]) for name in names if name in found)


def _reference(each: Distribution) -> str:
    return ROOT_NAME if _name(each) == ROOT_NAME else f"pkg:pypi/{_name(each)}@{each.version}"


def _name(each: Distribution) -> str:
    return each.metadata["Name"].lower().replace("_", "-")


def main() -> int:
    parser = argparse.ArgumentParser(description="Writes the bill of materials of this environment.")
    parser.add_argument("--out", type=Path, default=Path("sbom.json"))
    given = parser.parse_args()
    made = bill()
    given.out.write_text(json.dumps(made, indent=1) + "\n")
    print(f"{given.out}: {len(made['components'])} components")
    return 0


if __name__ == "__main__":
    sys.exit(main())
