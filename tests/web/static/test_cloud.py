"""The 3D view: it stays in its panel, its sliders, meshes and clouds from files; and the image over the depth."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from hondo.engines.base.predictor import NetworkPredictor
from tests.web.conftest import SPEC, brightness
from tests.web.static.viewer import click, open_viewer, slide, wait_for_frames

POINTS = "Number(document.body.dataset.points)"
# The share of the 3D view that shows points, and how many are at its edge; a key and a slider draw it again before.
DRAWN = """(() => {{
  const cloud = document.getElementById('cloud');
  cloud.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{}' }}));
  document.getElementById('size').dispatchEvent(new Event('input'));
  const {{ width, height }} = cloud, copy = new OffscreenCanvas(width, height), context = copy.getContext('2d');
  context.drawImage(cloud, 0, 0);
  const {{ data }} = context.getImageData(0, 0, width, height);
  let all = 0, edge = 0;
  for (let i = 0; i < width * height; i++) {{
    const x = i % width, y = Math.floor(i / width), isEdge = x < 3 || y < 3 || x >= width - 3 || y >= height - 3;
    if (data[4 * i + 3]) {{ all++; edge += isEdge; }}
  }}
  return [all / (width * height), edge];
}})()"""
RESET = DRAWN.format("0")


@pytest.mark.parametrize(
    ("width", "height", "is_phone"),
    [
        (390, 844, True),
        *(pytest.param(*size, marks=pytest.mark.slow) for size in ((1280, 800, False), (844, 390, True))),
    ],
)
def test_the_cloud_fills_its_panel_and_stays_in_it(page, server, width, height, is_phone) -> None:
    page.size(width, height, is_phone=is_phone)
    open_viewer(page, server, "#source=clip")
    wait_for_frames(page, 12)
    click(page, "#pause")
    if width == 390:
        click(page, "[data-show=cloud]")
        page.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    share, edge = page.value(DRAWN.format("Shift"))
    assert share > 0.15 and edge < 150, "the view follows the clip; 1 to 2 % of its edge"
    share, edge = page.value(RESET)
    assert share > 0.15 and edge < 60
    for _ in range(40):
        page.value(DRAWN.format("-"))
    assert page.value(DRAWN.format("ArrowLeft"))[0] > 0.002, "far away, but never lost"


def test_point_size_and_depth_edges(page, server, show) -> None:
    step = np.full((120, 160, 3), 60, np.uint8)
    step[:, 80:] = 200
    open_viewer(page, server)
    show(cv2.imencode(".png", step)[1].tobytes())
    slide(page, "size", 100)
    before = page.value(RESET)[0]
    slide(page, "size", 25)
    assert page.value(RESET)[0] < before
    counts = []
    for edges in (0, 35, 90):
        slide(page, "edges", edges)
        counts.append(page.value(POINTS))
    assert counts[0] == 120 * 160 > counts[1] >= counts[2] > 0.8 * 120 * 160, "the step alone"
    assert page.value("document.getElementById('confidence-label').hidden") is True, "this model has none"


class Sure(NetworkPredictor):
    """A model that is sure of the left half."""

    def finish(self, prepared, raw, *, size_hw=None):
        depth_map = super().finish(prepared, raw, size_hw=size_hw)
        sure = np.zeros(depth_map.size_hw, np.float32)
        sure[:, : sure.shape[1] // 2] = 1
        return replace(depth_map, confidence=sure)


def test_a_confidence_has_a_slider(page, serving, tiny, image, show) -> None:
    model = Sure(name="tiny", kind=tiny().kind, input_spec=SPEC, network=brightness, engine="numpy", precision="fp32")
    open_viewer(page, serving(load=lambda name: model))
    show(image((120, 160)))
    assert page.value("document.getElementById('confidence-label').checkVisibility()") is True
    slide(page, "edges", 0)
    slide(page, "confidence", 0)
    whole = page.value(POINTS)
    slide(page, "confidence", 50)
    assert page.value(POINTS) == whole / 2


def test_the_image_lies_over_the_depth_up_to_the_divider(page, server) -> None:
    open_viewer(page, server, "#source=clip")
    wait_for_frames(page, 1)
    click(page, "#pause")
    shown = "document.getElementById('before').checkVisibility()"
    assert page.value(shown) is False
    click(page, "#compare")
    assert page.value(shown) is True
    assert page.value("document.getElementById('before').width === document.getElementById('picture').width")
    page.value("document.getElementById('split').focus()")
    before = page.value("document.getElementById('before').style.clipPath")
    page.press("ArrowRight")
    assert page.value("document.getElementById('before').style.clipPath") != before
    assert page.value("document.getElementById('split').getAttribute('aria-valuetext')") == "51 % image"
    click(page, "#compare")
    assert page.value(shown) is False


@pytest.mark.parametrize(
    "name",
    ["mesh.ply", "cloud.glb", *(pytest.param(name, marks=pytest.mark.slow) for name in ("mesh.glb", "cloud.ply"))],
)
def test_what_fuse_wrote_is_shown(page, server, tmp_path, name) -> None:
    pytest.importorskip("trimesh")
    from hondo.mapping.fusion.mesh_file import write_mesh
    from hondo.mapping.fusion.surface import Mesh

    grid = np.stack(np.meshgrid(np.linspace(-2, 2, 30), np.linspace(-1, 1, 30)), axis=-1).reshape(-1, 2)
    corners = np.arange(29 * 30).reshape(29, 30)[:, :29].ravel()
    mesh = Mesh(
        vertices=np.column_stack((grid, 3 + 0.3 * np.sin(grid[:, 0]))),
        faces=np.concatenate([corners[:, None] + [0, 1, 30], corners[:, None] + [1, 31, 30]]),
        colours=np.tile(np.array([[200, 30, 40]], np.uint8), (900, 1)),
    )
    open_viewer(page, server, "#source=clip")
    wait_for_frames(page, 1)
    page.give_file("#file", write_mesh(mesh, tmp_path / name, is_cloud=name.startswith("cloud")))
    page.wait("document.body.dataset.phase === 'shape'")
    page.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    share, edge = page.value(RESET)
    assert share > 0.15 and edge == 0
    assert page.value("document.getElementById('depth').checkVisibility()") is False
    click(page, "#use-clip")
    wait_for_frames(page, 1)
    assert page.value("document.getElementById('depth').checkVisibility()") is True


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.ply", b"solid", "not a PLY file"),
        ("a.ply", b"ply\nformat binary_little_endian 1.0\nelement vertex 9\nproperty float x\nend_header\n", "cut off"),
        ("a.glb", b"glTF", "not a GLB file"),
    ],
)
def test_a_broken_3d_file_is_told(page, server, tmp_path, name, content, said) -> None:
    open_viewer(page, server)
    (tmp_path / name).write_bytes(content)
    page.give_file("#file", tmp_path / name)
    page.wait(f"document.getElementById('error-empty').textContent.includes('{said}')")
