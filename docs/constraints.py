"""Pins what the running environment holds: `python docs/constraints.py` rewrites constraints.txt.

Every installed distribution is written with its exact version, without a local suffix (torch==2.13.0, not 2.13.0+cpu),
so that the same file serves a machine with a GPU and one without. The lines after MARK, packages of extras that the
tested set does not install, are kept as they stand.
"""

import sys
from importlib.metadata import distributions
from pathlib import Path

CONSTRAINTS = Path(__file__).resolve().parents[1] / "constraints.txt"
HEAD = """\
# The tested set, written by `make constraints`. Install with:
#   pip install -c constraints.txt -e ".[onnx,openvino,quantize,serve,data,mapping,dev]"
"""
MARK = "# Extras outside the tested set: versions known to resolve beside it.\n"
# The project itself, and what only builds it or came with the environment.
LEFT_OUT = {"hondo", "pip", "wheel", "hatchling", "editables", "pathspec", "trove-classifiers"}


def pins() -> list[str]:
    """`name==version` of every installed distribution, torch first (its wheel decides what else is fetched)."""
    found = {dist.metadata["Name"].lower().replace("_", "-"): dist.version.split("+")[0] for dist in distributions()}
    names = sorted(set(found) - LEFT_OUT, key=lambda name: (name != "torch", name))
    return [f"{name}=={found[name]}\n" for name in names]


def main() -> int:
    old = CONSTRAINTS.read_text() if CONSTRAINTS.exists() else ""
    lines = pins()
    pinned = {line.split("==")[0] for line in lines}
    kept = [line for line in old.partition(MARK)[2].splitlines(keepends=True) if line.split("==")[0] not in pinned]
    CONSTRAINTS.write_text("".join([lines[0], HEAD, *lines[1:], "\n", MARK, *kept]))
    print(f"{CONSTRAINTS.name}: {len(lines)} pins")
    return 0


if __name__ == "__main__":
    sys.exit(main())
