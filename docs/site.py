"""Collects the pages of the documentation site; `make site` builds it from them into site/.

The pages are the Markdown files of the repository as they stand, at the same places, so that links between them hold; a
link to a folder becomes one to its README, one to any other file gets a copy of that file. The API reference is written
from the names in `hondo.__all__`, whose docstrings mkdocstrings reads.
"""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import hondo

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "build" / "site"
LINK = re.compile(r"(\]\()(?!https?:|#|mailto:)([^)#\s]+)(#[^)]*)?(\))")
FENCE = re.compile(r"(```.*?```)", re.DOTALL)
EXAMPLES = ("docker", "benchmarks", "examples/space")  # folders beside src and docs with a README for users


def sources() -> list[Path]:
    """The Markdown files of the site."""
    top = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")]
    folders = [ROOT / name / "README.md" for name in EXAMPLES]
    code = [path for path in (ROOT / "src" / "hondo").rglob("*.md") if "static" not in path.parts]
    return [*top, *sorted((ROOT / "docs").glob("*.md")), *folders, *sorted(code)]


def linked(text: str) -> Iterator[str]:
    """The relative targets of a page's links and images, without those inside code."""
    for part in FENCE.split(text)[::2]:
        yield from (match[2] for match in LINK.finditer(part))


def page(path: Path) -> str:
    """A page's text, its links to folders turned into links to their READMEs."""

    def mended(match: re.Match[str]) -> str:
        target = match[2].rstrip("/") + "/README.md" if (path.parent / match[2]).is_dir() else match[2]
        return f"{match[1]}{target}{match[3] or ''}{match[4]}"

    return "".join(
        part if index % 2 else LINK.sub(mended, part) for index, part in enumerate(FENCE.split(path.read_text()))
    )


def api() -> str:
    """The API reference: every public name, where it is defined."""
    names = [name for name in hondo.__all__ if not name.startswith("__")]
    places = [f"::: {getattr(hondo, name).__module__}.{name}\n    options: {{heading_level: 2}}\n" for name in names]
    return "# The Python interface\n\nAll of it is imported from `hondo`.\n\n" + "\n".join(places)


def collect(folder: Path) -> Path:
    """Writes the pages and what they link to."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in sources():
        text = page(path)
        out = folder / path.relative_to(ROOT)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text)
        for target in linked(text):
            file = (path.parent / target).resolve()
            if not file.is_relative_to(ROOT) or not file.exists():
                raise SystemExit(f"{path.relative_to(ROOT)} links to {target}, which is not here")
            copy = folder / file.relative_to(ROOT)
            if file.suffix != ".md" and not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
    (folder / "api.md").write_text(api())
    return folder


if __name__ == "__main__":
    sys.exit(print(f"pages: {collect(PAGES).relative_to(ROOT)}"))
