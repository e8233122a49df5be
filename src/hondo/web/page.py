"""Where the viewer's files lie."""

from pathlib import Path

STATIC = Path(__file__).resolve().parent / "static"
