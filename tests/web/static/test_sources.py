"""Where the page's images come from: clip, cameras, files, drops; what it says when they cannot come or stop."""

import threading
import time

import numpy as np
import pytest

from hondo.images.read import write_image
from hondo.images.video_writer import VideoWriter
from hondo.video.live.live_stream import Stream
from hondo.video.sources.live_frame import Captured
from hondo.web.inference.server_camera import ServerCamera
from hondo.web.security.access import Access
from tests.web.static.viewer import FRAMES, TEXT, click, colors, open_viewer, wait_for_frames


def test_the_sample_clip_is_shown_as_image_depth_and_points(page, server) -> None:
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


def test_a_image_and_a_video_from_a_file(page, server, image, show, tmp_path) -> None:
    open_viewer(page, server)
    show(image((60, 80)))
    assert page.value("[document.getElementById('depth').width, document.getElementById('depth').height]") == [80, 60]
    film = tmp_path / "film.mp4"
    with VideoWriter(film, size_hw=(96, 128), fps=10) as writer:
        for number in range(10):
            writer.write(np.full((96, 128, 3), 20 * number, np.uint8))
    page.give_file("#file", film)
    page.wait("document.getElementById('status').textContent.includes('film.mp4')")
    wait_for_frames(page)
    assert page.value("document.getElementById('depth').width") == 128


def test_a_still_image_is_sent_once(page, serving, image, show) -> None:
    started = serving()
    open_viewer(page, started)
    show(image())
    page.value("new Promise((done) => setTimeout(done, 300))")
    assert page.value(FRAMES) == 1 and started.frames("answered") == 1


def test_a_image_over_the_server_s_limit_is_made_smaller(page, server, tmp_path) -> None:
    open_viewer(page, server)
    path = tmp_path / "large.bmp"
    write_image(path, np.zeros((2700, 2700, 3), np.uint8))
    assert path.stat().st_size > server.service.limits.body_bytes
    page.give_file("#file", path)
    wait_for_frames(page, 1)
    assert page.value("document.getElementById('depth').width") == 768


def test_the_source_that_is_chosen_last_is_shown(page, server) -> None:
    open_viewer(page, server)
    page.value(
        "(() => { const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
        "navigator.mediaDevices.getUserMedia = async (wanted) => {"
        " await new Promise((done) => (window.allow = done)); return (window.media = await get(wanted)); }; })()"
    )
    click(page, "#empty-webcam")
    page.wait("window.allow")
    click(page, "#empty-clip")
    wait_for_frames(page, 1)
    page.value("window.allow()")
    page.wait("window.media?.getTracks()[0].readyState === 'ended'")
    assert page.value("document.getElementById('use-clip').getAttribute('aria-pressed')") == "true"


def test_a_image_that_is_dropped_on_the_page(page, server) -> None:
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


@pytest.mark.parametrize(("error", "said"), [("NotReadableError", "in use"), ("NotFoundError", "no camera")])
def test_a_browser_s_camera_that_cannot_be_had_is_told(page, server, error, said) -> None:
    open_viewer(page, server)
    page.value(f"navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '{error}'))")
    click(page, "#empty-webcam")
    page.wait("document.getElementById('error-empty').textContent")
    assert said in page.value(TEXT.format("error-empty"))
    assert page.value("document.getElementById('empty').hidden") is False


def test_a_file_that_is_none_is_told(page, server, tmp_path) -> None:
    open_viewer(page, server)
    path = tmp_path / "text.png"
    path.write_text("no image")
    page.give_file("#file", path)
    page.wait("document.getElementById('error-empty').textContent")
    assert "text.png" in page.value(TEXT.format("error-empty"))
    (tmp_path / "notes.txt").write_text("no image")
    page.give_file("#file", tmp_path / "notes.txt")
    page.wait("document.getElementById('error-empty').textContent.startsWith('notes.txt is not an image')")


def test_the_server_s_camera_starts_by_itself(page, serving, tiny, tmp_path) -> None:
    for number in range(3):
        write_image(tmp_path / f"{number}.png", np.full((48, 64, 3), 80 * number, np.uint8))
    camera = ServerCamera(Stream(str(tmp_path), tiny(), loop=True, folder_fps=20), name="folder")
    started = serving(camera=camera)
    open_viewer(page, started)
    wait_for_frames(page, 5)
    assert page.value("document.getElementById('use-live').hidden") is False
    click(page, "#pause")
    page.wait("document.body.dataset.phase === 'paused'")
    assert page.value(TEXT.format("pause")) == "Resume"


def test_a_camera_that_is_lost_is_shown_until_it_comes_back(page, serving, tiny) -> None:
    """Each connection of the camera gives images of another size."""
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


def test_a_token_is_taken_from_the_address_and_hidden_there(page, serving) -> None:
    started = serving(access=Access(token="right-token-right-token"))
    open_viewer(page, started, "#token=right-token-right-token&source=clip")
    wait_for_frames(page, 1)
    assert "token" not in page.value("location.href")
    page.value("sessionStorage.clear()")
    page.open("about:blank")
    page.open(f"{started.url}/")
    page.wait("document.getElementById('ask-token').open")
    type_token(page, "wrong")
    page.wait("document.getElementById('error-token').textContent.includes('token is wrong')")
    type_token(page, "right-token-right-token")
    page.wait("!document.getElementById('ask-token').open && document.body.dataset.ready")
    click(page, "#empty-clip")
    wait_for_frames(page, 1)
    page.complaints.clear()  # the 401s


def type_token(page, token: str) -> None:
    page.value(f"document.getElementById('token').value = '{token}'")
    click(page, "#token-form button")
