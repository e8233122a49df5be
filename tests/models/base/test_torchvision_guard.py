"""The guard declares the missing operators only where torchvision's import asks for them."""

import subprocess
import sys
from pathlib import Path

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
# Imports a torchvision of this folder, then with the guard, and prints what came of it.
LOOK = """
import sys

def outcome(call):
    try:
        return call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        sys.modules.pop("torchvision", None)

def guarded():
    from hondo.models.base import torchvision_guard
    torchvision_guard.import_torchvision()
    return f"declared {len(torchvision_guard._declared)}"

for folder in sys.argv[1:]:
    sys.path[0] = folder
    for call in (lambda: __import__("torchvision") and "imported", guarded):
        print(outcome(call))
"""


def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.path.insert(0, ''); sys.path.insert(1, {str(ROOT / 'src')!r})\n{code}"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def outcomes(folder: Path, *torchvisions: str) -> list[tuple[str, str]]:
    """Of one process (importing torch takes most of the time): each torchvision without the guard, and with it."""
    for number, content in enumerate(torchvisions):
        (folder / str(number)).mkdir()
        (folder / str(number) / "torchvision.py").write_text(content)
    done = run(LOOK, *(folder / str(number) for number in range(len(torchvisions))))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    return list(zip(lines[::2], lines[1::2], strict=True))


def test_declares_what_is_missing_and_lets_other_errors_pass(tmp_path: Path) -> None:
    other, missing, asking = outcomes(tmp_path, "raise RuntimeError('another trouble')", "import no_such_module", ASKS)
    assert other == ("RuntimeError: another trouble",) * 2
    assert missing == ("ModuleNotFoundError: No module named 'no_such_module'",) * 2
    assert "operator torchvision::nms does not exist" in asking[0]  # what the guard is for
    assert asking[1] == "declared 1"


def test_leaves_a_sound_torchvision_alone(tmp_path: Path) -> None:
    (tmp_path / "torchvision.py").write_text(DEFINES + ASKS)
    code = "from hondo.models.base import torchvision_guard as t; t.import_torchvision(); print(len(t._declared))"
    assert run(f"sys.path[0] = sys.argv[1]; {code}", tmp_path).stdout == "0\n"


def test_timm_is_imported_here_whatever_is_installed() -> None:
    code = "from hondo.models.base.torchvision_guard import import_timm; print(import_timm().is_model('resnet18'))"
    assert run(code).stdout == "True\n"


def test_nobody_else_imports_timm_or_torchvision() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        lines = path.read_text().splitlines()
        found = [line for line in lines if line.split()[:2] in (["import", "timm"], ["import", "torchvision"])]
        found += [line for line in lines if line.strip().startswith(("from timm", "from torchvision"))]
        assert not found, f"{path.name}: import timm through hondo.models.base.torchvision_guard"
