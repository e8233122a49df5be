"""A published file becomes a model without a second copy of its weights."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

NAME = "thesis_rn50_standard_1_0-1"
MEASURE = """
import sys
from pathlib import Path
from hondo.models.registry.build_model import build_model

def kilobytes(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))

build_model("dpt-thesis", weights="random", encoder="timm:vit_tiny_patch16_224", features=8)  # imports and caches
before = kilobytes("VmRSS")
Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
build_model("dpt-thesis", weights=sys.argv[1], num_heads=1)
print(kilobytes("VmHWM") - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak of memory is read from Linux's /proc")
def test_the_peak_is_about_the_files_size(shared_reference: Path, tmp_path: Path) -> None:
    (shapes,) = json.loads((shared_reference / f"{NAME}.json").read_text())["files"].values()
    path = tmp_path / "w.pt"
    torch.save({key: torch.ones(shape) for key, shape in shapes.items()}, path)
    size = path.stat().st_size
    done = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, timeout=120)
    path.unlink()
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) * 1024 < 1.3 * size  # the model's own size is the file's
