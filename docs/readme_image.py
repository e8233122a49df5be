"""Makes docs/images/quickstart.jpg: `python docs/readme_image.py` runs the README's Python on a frame of the clip.

The image shows the photo and the colours that the snippet saved, side by side.
"""

import os
import re
import shutil
import tempfile
from contextlib import chdir
from pathlib import Path

from PIL import Image

from hondo.data.datasets.embedded_clip import embedded_clip

ROOT = Path(__file__).resolve().parents[1]
IMAGE = ROOT / "docs" / "images" / "quickstart.jpg"
FRAME = "048.jpg"  # a table in front of a corridor


def snippet() -> str:
    """The first Python block of the README."""
    found = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found, "README.md has no Python block"
    return found[1]


def run_snippet(folder: Path) -> dict[str, object]:
    """Runs it in a folder where photo.jpg is a frame of the clip; returns its variables."""
    shutil.copy(embedded_clip().images / FRAME, folder / "photo.jpg")
    variables: dict[str, object] = {}
    with chdir(folder):
        exec(snippet(), variables)
    return variables


def main() -> None:
    os.environ.setdefault("HONDO_TRIAL", "0")
    with tempfile.TemporaryDirectory() as folder:
        run_snippet(Path(folder))
        images = [Image.open(Path(folder) / name).convert("RGB") for name in ("photo.jpg", "photo.depth.jpg")]
        joined = Image.new("RGB", (sum(image.width for image in images), images[0].height))
        for number, image in enumerate(images):
            joined.paste(image, (number * images[0].width, 0))
        joined.save(IMAGE, quality=88)


if __name__ == "__main__":
    main()
