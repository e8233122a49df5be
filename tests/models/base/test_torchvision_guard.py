"""The guard declares the missing operators only where torchvision's import asks for them."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

# Stands in for torchvision: asks for its operators as the real one does while it is imported.
ASKS = """
import torch
torch.library.register_fake("torchvision::nms")(lambda dets, scores, iou_threshold: dets)
torch.library.register_fake("torchvision::qnms")(lambda dets, scores, iou_threshold: dets)
"""
DEFINES = """
import torch
own = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    own.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""
IMPORT = (
    "from hondo.models.base import torchvision_guard as t; t.import_torchvision(); print('declared', len(t._declared))"
)


def run(code: str, *, torchvision: str | None, folder: Path) -> subprocess.CompletedProcess[str]:
    if torchvision is not None:
        (folder / "torchvision.py").write_text(torchvision)
        code = f"import sys; sys.path.insert(0, {str(folder)!r}); {code}"
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); {code}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)


def test_declares_what_is_missing(tmp_path: Path) -> None:
    without = run("import torchvision", torchvision=ASKS, folder=tmp_path)
    assert "operator torchvision::nms does not exist" in without.stderr  # what the guard is for
    assert run(IMPORT, torchvision=ASKS, folder=tmp_path).stdout == "declared 1\n"


def test_leaves_a_sound_torchvision_alone(tmp_path: Path) -> None:
    assert run(IMPORT, torchvision=DEFINES + ASKS, folder=tmp_path).stdout == "declared 0\n"


@pytest.mark.parametrize("code", ["raise RuntimeError('another trouble')", "import no_such_module"])
def test_other_errors_pass_through(tmp_path: Path, code: str) -> None:
    result = run(IMPORT, torchvision=code, folder=tmp_path)
    assert result.returncode == 1 and ("another trouble" in result.stderr or "no_such_module" in result.stderr)


def test_timm_is_imported_here_whatever_is_installed(tmp_path: Path) -> None:
    code = "from hondo.models.base.torchvision_guard import import_timm; print(import_timm().is_model('resnet18'))"
    assert run(code, torchvision=None, folder=tmp_path).stdout == "True\n"


def test_nobody_else_imports_timm_or_torchvision() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        lines = path.read_text().splitlines()
        found = [line for line in lines if line.split()[:2] in (["import", "timm"], ["import", "torchvision"])]
        found += [line for line in lines if line.strip().startswith(("from timm", "from torchvision"))]
        assert not found, f"{path.name}: import timm through hondo.models.base.torchvision_guard"
