"""The viewer in a real browser: sources, views, controls, keyboard, sizes. Skipped where no Chromium is installed."""

import importlib.util
import json
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hondo.images.video_file import VideoWriter
from hondo.video.frames import Captured
from hondo.video.stream import Stream
from hondo.web.access import Access
from hondo.web.camera import ServerCamera

DOCS = Path(__file__).resolve().parents[2] / "docs"


def load_driver():
    spec = importlib.util.spec_from_file_location("hondo_docs_chromium", DOCS / "chromium.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


chromium = load_driver()
pytestmark = pytest.mark.skipif(
    chromium.find() is None, reason="Chromium is not installed (Debian: apt install chromium)"
)

TEXT = "document.getElementById('{}').textContent"
FRAMES = "Number(document.body.dataset.frames ?? 0)"


@pytest.fixture(scope="module")
def page() -> Iterator:
    with chromium.browser() as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_complaints(page) -> Iterator[None]:
    page.complaints.clear()
    page.size(1280, 800)
    yield
    assert page.complaints == []
    page.open("about:blank")  # ends its connections


def open_viewer(page, server, fragment: str = "") -> None:
    page.open("about:blank")
    page.open(f"{server.url}/{fragment}")
    page.wait("document.body.dataset.ready")


def click(page, selector: str) -> None:
    page.value(f"document.querySelector({json.dumps(selector)}).click()")


def wait_for_frames(page, count: int = 3) -> None:
    page.wait(f"{FRAMES} >= {page.value(FRAMES) + count}")


def colors(page, canvas: str) -> int:
    """How many different colours a 2D canvas shows."""
    return page.value(
        f"(() => {{ const c = document.getElementById('{canvas}');"
        "const d = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);"
        "return new Set(d).size; })()"
    )


def test_the_sample_clip_is_shown_as_picture_depth_and_points(page, server) -> None:
    open_viewer(page, server)
    assert page.value("getComputedStyle(document.getElementById('empty')).display") == "flex"
    click(page, "#empty-clip")
    wait_for_frames(page, 4)
    assert page.value("getComputedStyle(document.getElementById('empty')).display") == "none"
    assert colors(page, "picture") > 1000 and colors(page, "depth") > 50
    assert page.value("Number(document.body.dataset.points)") > 10_000
    assert float(page.value(TEXT.format("fps"))) > 0
    assert page.value(TEXT.format("latency")).endswith(" ms") and page.value(TEXT.format("dropped")).isdigit()
    assert page.value("document.querySelectorAll('#palette option').length") == 7


def test_nothing_comes_from_elsewhere(page, server) -> None:
    open_viewer(page, server, "#source=clip")
    wait_for_frames(page, 1)
    origins = page.value(
        "[...new Set(performance.getEntriesByType('resource').map((each) => new URL(each.name).origin))]"
    )
    assert {origin for origin in origins if origin != "null"} == {server.url}


def test_the_browser_s_own_camera(page, server) -> None:
    open_viewer(page, server)
    click(page, "#use-webcam")
    wait_for_frames(page)
    assert page.value("document.getElementById('picture').width") == 640
    assert page.value("document.getElementById('use-webcam').getAttribute('aria-pressed')") == "true"


def test_a_picture_and_a_video_from_a_file(page, server, picture, tmp_path) -> None:
    open_viewer(page, server)
    path = tmp_path / "photo.png"
    path.write_bytes(picture((60, 80)))
    page.give_file("#file", path)
    wait_for_frames(page, 1)
    assert page.value("[document.getElementById('depth').width, document.getElementById('depth').height]") == [80, 60]
    film = tmp_path / "film.mp4"
    with VideoWriter(film, size_hw=(96, 128), fps=10) as writer:
        for number in range(10):
            writer.write(np.full((96, 128, 3), 20 * number, np.uint8))
    page.give_file("#file", film)
    page.wait("document.getElementById('status').textContent.includes('film.mp4')")
    wait_for_frames(page)
    assert page.value("document.getElementById('depth').width") == 128


def test_a_still_picture_is_sent_once(page, serving, picture, tmp_path) -> None:
    started = serving()
    open_viewer(page, started)
    path = tmp_path / "photo.png"
    path.write_bytes(picture())
    page.give_file("#file", path)
    wait_for_frames(page, 1)
    page.value("new Promise((done) => setTimeout(done, 300))")
    assert page.value(FRAMES) == 1 and started.service.metrics.frames.value(fate="answered") == 1


def test_a_picture_that_is_dropped_on_the_page(page, server) -> None:
    open_viewer(page, server)
    page.value(
        "(async () => { const canvas = new OffscreenCanvas(90, 60); canvas.getContext('2d').fillRect(0, 0, 45, 60);"
        "const files = new DataTransfer();"
        "files.items.add(new File([await canvas.convertToBlob()], 'dropped.png', { type: 'image/png' }));"
        "for (const kind of ['dragenter', 'dragover', 'drop'])"
        " document.getElementById('views').dispatchEvent("
        "new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true })); })()"
    )
    wait_for_frames(page, 1)
    assert page.value(TEXT.format("status")) == "dropped.png"
    assert page.value("[document.getElementById('depth').width, document.getElementById('depth').height]") == [90, 60]


@pytest.mark.parametrize(("error", "said"), [("NotReadableError", "taken"), ("NotFoundError", "no camera")])
def test_a_browser_s_camera_that_cannot_be_had_is_told(page, server, error, said) -> None:
    open_viewer(page, server)
    page.value(f"navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '{error}'))")
    click(page, "#empty-webcam")
    page.wait("document.getElementById('status').classList.contains('bad')")
    assert said in page.value(TEXT.format("status"))
    assert page.value("document.getElementById('empty').hidden") is False


def test_a_file_that_is_none_is_told(page, server, tmp_path) -> None:
    open_viewer(page, server)
    path = tmp_path / "text.png"
    path.write_text("no picture")
    page.give_file("#file", path)
    page.wait("document.getElementById('status').classList.contains('bad')")
    assert "text.png" in page.value(TEXT.format("status"))


def test_the_mouse_and_the_keyboard_read_the_depth(page, serving, picture, tmp_path) -> None:
    from hondo.core.types import DepthKind

    started = serving(lambda image: 2 + 0 * image[:, :1], kind=DepthKind.METRIC_DEPTH)
    open_viewer(page, started)
    path = tmp_path / "photo.png"
    path.write_bytes(picture())
    page.give_file("#file", path)
    wait_for_frames(page, 1)
    page.value("document.getElementById('depth').focus()")
    page.press("ArrowRight")
    assert page.value(TEXT.format("reading")) == page.value(TEXT.format("spoken")) == "2.00 m"
    box = page.value(
        "(({ x, y, width, height }) => [x + width / 2, y + height / 2])"
        "(document.getElementById('depth').getBoundingClientRect())"
    )
    page.value("document.activeElement.blur()")
    assert page.value(TEXT.format("reading")) == ""
    page.ask("Input.dispatchMouseEvent", type="mouseMoved", x=box[0], y=box[1])
    assert page.value(TEXT.format("reading")) == "2.00 m"


def test_sliders_take_points_away_and_relative_depth_says_so(page, server, picture, tmp_path) -> None:
    open_viewer(page, server)
    path = tmp_path / "photo.png"
    path.write_bytes(picture((120, 160)))
    page.give_file("#file", path)
    wait_for_frames(page, 1)
    points = "Number(document.body.dataset.points)"
    slide = (
        "(() => {{ const s = document.getElementById('{}'); s.value = {}; s.dispatchEvent(new Event('input')); }})()"
    )
    page.value(slide.format("confidence", 0))
    whole = page.value(points)
    page.value(slide.format("far", 50))
    half = page.value(points)
    page.value(slide.format("near", 30))
    assert whole == 120 * 160 and 0.3 * whole < half < 0.7 * whole and page.value(points) < half
    page.value("document.getElementById('depth').focus()")
    page.press("ArrowDown")
    assert "relative" in page.value(TEXT.format("reading"))


def test_pause_screenshot_and_ply(page, server) -> None:
    open_viewer(page, server, "#source=clip")
    wait_for_frames(page, 2)
    page.value(
        "(() => { window.saved = {}; const make = URL.createObjectURL.bind(URL); let last;"
        "URL.createObjectURL = (blob) => { last = blob; return make(blob); };"
        "HTMLAnchorElement.prototype.click = function () { window.saved[this.download] = last; }; })()"
    )
    click(page, "#pause")
    before = page.value(FRAMES)
    click(page, "#ply")
    head = page.value("window.saved['hondo.ply'].text().then((text) => text.slice(0, 200))")
    count = int(head.partition("element vertex ")[2].split()[0])
    assert head.startswith("ply\nformat binary_little_endian") and count == page.value(
        "Number(document.body.dataset.points)"
    )
    assert page.value("window.saved['hondo.ply'].size") == head.index("end_header") + len("end_header\n") + 15 * count
    click(page, "#screenshot")
    page.wait("window.saved['hondo.png']")
    size = page.value("createImageBitmap(window.saved['hondo.png']).then((each) => [each.width, each.height])")
    assert size[1] == 480 and size[0] > 2 * 480 * 1.3
    assert page.value(FRAMES) == before, "paused"
    click(page, "#pause")
    wait_for_frames(page, 1)


def test_the_model_can_be_switched(page, serving, tiny) -> None:
    started = serving(models=("tiny", "other"), load=lambda name: tiny(name=name))
    open_viewer(page, started, "#source=clip")
    wait_for_frames(page, 1)
    page.value(
        "(() => { const m = document.getElementById('model'); m.value = 'other';"
        "m.dispatchEvent(new Event('change')); })()"
    )
    page.wait("document.getElementById('kind').textContent.includes('other')")
    page.wait("document.getElementById('status').textContent === 'Sample clip'")
    assert page.value("document.getElementById('model').value") == "other"


def test_the_server_s_camera_starts_by_itself(page, serving, tiny, tmp_path) -> None:
    from hondo.images.io import write_image

    for number in range(3):
        write_image(tmp_path / f"{number}.png", np.full((48, 64, 3), 80 * number, np.uint8))
    camera = ServerCamera(Stream(str(tmp_path), tiny(), loop=True, folder_fps=20), name="folder")
    started = serving(camera=camera)
    open_viewer(page, started)
    wait_for_frames(page, 5)
    assert page.value("document.getElementById('use-live').hidden") is False
    click(page, "#pause")
    page.wait("document.getElementById('pause').getAttribute('aria-pressed') === 'true'")


def test_a_camera_that_is_lost_is_shown_until_it_comes_back(page, serving, tiny) -> None:
    """Each connection of the camera gives pictures of another size."""
    gone, back = threading.Event(), threading.Event()

    def feed(control):
        for size_hw, wait in (((48, 64), gone), ((64, 32), control.stopped)):
            while not (wait.is_set() or control.stopped.is_set()):
                yield Captured(
                    image=np.full((*size_hw, 3), 90, np.uint8), captured_at=time.monotonic(), time_s=time.monotonic()
                )
                control.stopped.wait(0.05)
            control.corrupt()
            control.lost("webcam:0: the camera stopped giving frames")
            while not (back.is_set() or control.stopped.wait(0.02)):
                pass

    started = serving(camera=ServerCamera(Stream(feed, tiny()), name="webcam:0"))
    open_viewer(page, started)
    wait_for_frames(page, 2)
    assert page.value("document.getElementById('depth').width") == 64
    gone.set()
    page.wait("!document.getElementById('notice').hidden")
    assert "stopped giving frames" in page.value(TEXT.format("notice"))
    back.set()
    page.wait("document.getElementById('notice').hidden")
    page.wait("document.getElementById('depth').width === 32")
    assert page.value(TEXT.format("dropped")).endswith(" + 1 damaged")
    assert "network 64×64" in page.value(TEXT.format("kind"))


def test_a_server_that_starts_again_goes_on(page, run_server) -> None:
    with run_server() as started:
        open_viewer(page, started, "#source=clip")
        wait_for_frames(page, 2)
    page.wait("!document.getElementById('notice').hidden")
    with run_server(port=started.port):
        page.wait("document.getElementById('notice').hidden")
        wait_for_frames(page, 2)
        page.open("about:blank")
    page.complaints.clear()  # what could not be reached


def test_the_keyboard_alone_starts_and_pauses(page, server) -> None:
    open_viewer(page, server)
    press_on(page, "empty-clip")
    wait_for_frames(page, 2)
    press_on(page, "pause")
    assert page.value("document.getElementById('pause').getAttribute('aria-pressed')") == "true"
    tab_to(page, "cloud")
    turn = (
        "(() => { const c = document.getElementById('cloud');"
        "c.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' })); return c.toDataURL(); })()"
    )
    assert page.value(turn) != page.value(turn)


def press_on(page, element: str) -> None:
    tab_to(page, element)
    page.press("Enter")


def tab_to(page, element: str) -> None:
    for _ in range(40):
        page.press("Tab")
        if page.value("document.activeElement.id") == element:
            return
    pytest.fail(f"the Tab key does not come to {element}")


def test_one_view_alone(page, server) -> None:
    open_viewer(page, server, "#source=clip&only=depth")
    wait_for_frames(page, 1)
    box = page.value(
        "(({ width, height }) => [width, height])(document.getElementById('depth').getBoundingClientRect())"
    )
    assert box == [1280, 800]
    assert page.value("document.querySelector('header').offsetParent") is None


def test_a_token_is_taken_from_the_address_and_hidden_there(page, serving) -> None:
    started = serving(access=Access(token="right-token-right-token"))
    open_viewer(page, started, "#token=right-token-right-token&source=clip")
    wait_for_frames(page, 1)
    assert "token" not in page.value("location.href")
    page.value("sessionStorage.clear()")
    page.open("about:blank")
    page.open(f"{started.url}/")
    page.wait("document.getElementById('ask-token').open")
    page.complaints.clear()  # the 401 that made it ask


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize(("width", "height", "is_phone"), [(1440, 900, False), (390, 844, True)])
def test_it_fits_its_screen(page, server, width, height, is_phone, is_dark) -> None:
    page.size(width, height, is_phone=is_phone, is_dark=is_dark)
    open_viewer(page, server, "#source=clip")
    wait_for_frames(page, 2)
    assert page.value("document.documentElement.scrollWidth") <= width
    shown = "[...document.querySelectorAll('.view')].filter((each) => each.offsetParent).length"
    assert page.value(shown) == (1 if is_phone else 3)
    light = page.value("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]")
    assert light < 60 if is_dark else light > 200
    if is_phone:
        click(page, "[data-show=cloud]")
        assert page.value("document.getElementById('cloud').clientHeight") > 200
    else:
        bottom = (
            "Math.max(...[...document.querySelectorAll('footer, .controls')]"
            ".map((each) => each.getBoundingClientRect().bottom))"
        )
        assert page.value(bottom) <= height


def test_every_control_has_a_name(page, server) -> None:
    open_viewer(page, server)
    tree = page.ask("Accessibility.getFullAXTree")["nodes"]
    roles = ("button", "slider", "checkbox", "combobox", "img", "link")
    nameless = [
        node["role"]["value"]
        for node in tree
        if not node.get("ignored")
        and node.get("role", {}).get("value") in roles
        and not node.get("name", {}).get("value")
    ]
    assert nameless == [] and sum(node.get("role", {}).get("value") == "button" for node in tree) >= 6
