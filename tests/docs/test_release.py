"""What is released: one version everywhere, and a wheel that works from an empty folder."""

import os
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

import hondo

ROOT = Path(__file__).resolve().parents[2]


def test_one_version_everywhere() -> None:
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == hondo.__version__
    assert f"\n## {hondo.__version__} (" in (ROOT / "CHANGELOG.md").read_text()
    assert f"=={hondo.__version__}\n" in (ROOT / "examples" / "space" / "requirements.txt").read_text()


@pytest.mark.slow
@pytest.mark.skipif(not (find_spec("build") and find_spec("hatchling")), reason="not installed: make release")
def test_the_wheel_and_the_source_archive_work_from_an_empty_folder(tmp_path: Path) -> None:
    built = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(ROOT)]
    subprocess.run(built, check=True, capture_output=True, cwd=tmp_path)
    (wheel,) = (tmp_path / "dist").glob(f"hondo-{hondo.__version__}-*.whl")
    (source,) = (tmp_path / "dist").glob("hondo-*.tar.gz")
    assert wheel.stat().st_size < 40e6
    with tarfile.open(source) as archive:
        files = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "LICENSE",
        "NOTICE",
        "README.md",
        "src/hondo/version.py",
        "src/hondo/assets/weights/hondo-nano.safetensors",
    } <= files
    installed = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target", str(installed), str(wheel)]
    subprocess.run(pip, check=True, capture_output=True, cwd=tmp_path)
    folder = tmp_path / "empty"
    folder.mkdir()
    environment = os.environ | {"PYTHONPATH": str(installed), "HONDO_CACHE": str(tmp_path / "cache")}
    where = subprocess.run(
        [sys.executable, "-c", "import hondo; print(hondo.__file__)"],
        cwd=folder, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert where.stdout.startswith(str(installed))
    demo = [sys.executable, "-m", "hondo.cli.main", "demo", "--out", "demo_out", "--quick"]
    done = subprocess.run(demo, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (folder / "demo_out" / "report.md").is_file()
