"""Pins what the running environment holds: `python docs/constraints.py` rewrites constraints.txt.

`--hashes FILE` writes the tested set instead with the SHA-256 of each package's file for this platform, as pip's own
report states it, for `pip install --require-hashes -r FILE`. No address of a registry is written.

Every installed distribution is written with its exact version, without a local suffix (torch==2.13.0, not 2.13.0+cpu),
so that the same file serves a machine with a GPU and one without. The lines after MARK, packages of extras that the
tested set does not install, are kept as they stand.
"""

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
from importlib.metadata import distributions
from pathlib import Path

CONSTRAINTS = Path(__file__).resolve().parents[1] / "constraints.txt"
HEAD = """\
# The tested set, written by `make constraints`. Install with:
#   pip install -c constraints.txt -e ".[onnx,openvino,quantize,compress,serve,data,mapping,fleet,dev]"
"""
MARK = "# Extras outside the tested set: versions known to resolve beside it.\n"
# The project itself, and what only builds it or came with the environment.
LEFT_OUT = {"hondo", "pip", "wheel", "hatchling", "editables", "pathspec", "trove-classifiers"}


def pins() -> list[str]:
    """`name==version` of every installed distribution, torch first (its wheel decides what else is fetched)."""
    found = {dist.metadata["Name"].lower().replace("_", "-"): dist.version.split("+")[0] for dist in distributions()}
    names = sorted(set(found) - LEFT_OUT, key=lambda name: (name != "torch", name))
    return [f"{name}=={found[name]}\n" for name in names]


def hashed(names: list[str]) -> list[str]:
    """The pins with the hash of the file that pip would install here; asks the package index."""
    with tempfile.TemporaryDirectory() as made:
        wanted, report = Path(made) / "pins.txt", Path(made) / "report.json"
        wanted.write_text("".join(names))
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--dry-run", "--no-deps",
             "--ignore-installed", "--report", str(report), "-r", str(wanted)],
            check=True,
        )  # fmt: skip
        found = json.loads(report.read_text())["install"]
    return sorted(
        f"{re.sub('[-_.]+', '-', each['metadata']['name']).lower()}=={each['metadata']['version'].split('+')[0]} "
        f"--hash=sha256:{each['download_info']['archive_info']['hashes']['sha256']}\n"
        for each in found
    )


def tested() -> list[str]:
    """The pins of the tested set as constraints.txt holds them."""
    lines = CONSTRAINTS.read_text().partition(MARK)[0].splitlines(keepends=True)
    return [line for line in lines if "==" in line and not line.startswith("#")]


def main() -> int:
    parser = argparse.ArgumentParser(description="Pins what the running environment holds.")
    parser.add_argument("--hashes", type=Path, help="write the tested set with hashes for this platform here")
    given = parser.parse_args()
    if given.hashes:
        lines = hashed(tested())
        here = f"{platform.system()} {platform.machine()}, Python {sys.version_info.major}.{sys.version_info.minor}"
        given.hashes.write_text(
            f"# The tested set for {here}, by `python docs/constraints.py --hashes`.\n" + "".join(lines)
        )
        print(f"{given.hashes}: {len(lines)} pins with hashes")
        return 0
    old = CONSTRAINTS.read_text() if CONSTRAINTS.exists() else ""
    lines = pins()
    pinned = {line.split("==")[0] for line in lines}
    kept = [line for line in old.partition(MARK)[2].splitlines(keepends=True) if line.split("==")[0] not in pinned]
    CONSTRAINTS.write_text("".join([lines[0], HEAD, *lines[1:], "\n", MARK, *kept]))
    print(f"{CONSTRAINTS.name}: {len(lines)} pins")
    return 0


if __name__ == "__main__":
    sys.exit(main())
