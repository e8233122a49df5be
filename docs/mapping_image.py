"""Makes the images of docs/mapping.md: python docs/mapping_image.py

The embedded clip: its path beside the true one (docs/images/trajectory.png), and the page with the fused mesh
(docs/images/fused_clip.jpg; needs Chromium).
"""

import tempfile
from pathlib import Path

import chromium

from hondo.data.datasets.embedded_clip import embedded_clip
from hondo.engines.load import ModelSettings
from hondo.mapping.fusion.fuse_depth import fuse
from hondo.mapping.odometry.estimate import odometry

IMAGES = Path(__file__).resolve().parent / "images"
SETTINGS = ModelSettings(engine="torch", precision="fp32")


def main() -> None:
    clip = embedded_clip()
    odometry(str(clip.folder), model="hondo-nano", settings=SETTINGS, out=(out := Path(tempfile.mkdtemp())),
             truth=clip.poses, fps=clip.frames_per_second)  # fmt: skip
    (IMAGES / "trajectory.png").write_bytes((out / "trajectory.png").read_bytes())
    page_file = out / "clip.html"
    fuse(str(clip.folder), model="hondo-nano", settings=SETTINGS, out=out / "clip.glb", page=page_file)
    with chromium.browser() as page:
        page.size(900, 600)
        page.open(page_file.as_uri())
        page.image(IMAGES / "fused_clip.jpg", form="jpeg")


if __name__ == "__main__":
    main()
