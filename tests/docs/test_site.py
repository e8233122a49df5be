"""The site's pages: every link leads somewhere, the navigation names pages, and the strict build passes."""

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
import yaml

import hondo

ROOT = Path(__file__).resolve().parents[2]
_spec = spec_from_file_location("hondo_site", ROOT / "docs" / "site.py")
assert _spec and _spec.loader
site = module_from_spec(_spec)
_spec.loader.exec_module(site)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return site.collect(tmp_path_factory.mktemp("site") / "pages")


def test_links_between_pages_hold(pages: Path) -> None:
    found = 0
    for path in pages.rglob("*.md"):
        for target in site.linked(path.read_text()):
            assert (path.parent / target).is_file(), f"{path.relative_to(pages)}: {target}"
            found += 1
    assert found > 30


def test_links_to_a_heading_name_one(pages: Path) -> None:
    for path in pages.rglob("*.md"):
        for target, heading in re.findall(r"\]\(([^)#\s:]*)#([^)\s]+)\)", path.read_text()):
            text = (path.parent / target if target else path).read_text()
            slugs = {
                re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).strip().replace(" ", "-")
                for line in text.splitlines()
            }
            assert heading in slugs, f"{path.relative_to(pages)}: #{heading}"


def test_the_navigation_names_pages(pages: Path) -> None:
    def files(entry: object) -> list[str]:
        values = entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else [entry]
        return [entry] if isinstance(entry, str) else [file for value in values for file in files(value)]

    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    listed = files(settings["nav"])
    assert len(listed) > 10 and all((pages / file).is_file() for file in listed)
    guides = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} - {"docs/README.md"}
    assert guides <= set(listed), f"not in the navigation: {guides - set(listed)}"


def test_the_reference_has_every_public_name(pages: Path) -> None:
    text = (pages / "api.md").read_text()
    assert all(f".{name}\n" in text for name in hondo.__all__ if name != "__version__")


def test_a_dead_link_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "README.md").write_text("[gone](docs/gone.md)")
    monkeypatch.setattr(site, "ROOT", tmp_path)
    monkeypatch.setattr(site, "sources", lambda: [tmp_path / "README.md"])
    with pytest.raises(SystemExit, match=r"README.md links to docs/gone\.md"):
        site.collect(tmp_path / "pages")


@pytest.mark.slow
@pytest.mark.skipif(find_spec("mkdocs") is None, reason="mkdocs is not installed: make site")
def test_the_site_builds(tmp_path: Path) -> None:
    for name in ("mkdocs.yml", "src"):
        (tmp_path / name).symlink_to(ROOT / name)
    settings = (ROOT / "mkdocs.yml").read_text()
    (tmp_path / "mkdocs.yml").unlink()
    (tmp_path / "mkdocs.yml").write_text(settings)
    site.collect(tmp_path / "build" / "site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "build_model" in (tmp_path / "site" / "api.html").read_text()
    shutil.rmtree(tmp_path / "site")
