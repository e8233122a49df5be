"""What the page saves: a video of image and depth side by side."""

import pytest

from tests.web.static.viewer import FRAMES, TEXT, click, keep_downloads, open_viewer, wait_for_frames

PLAYED = """(async () => {
  const src = URL.createObjectURL(window.saved['hondo.webm']);
  const video = Object.assign(document.createElement('video'), { muted: true, src });
  await video.play();
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight), context = canvas.getContext('2d');
  context.drawImage(video, 0, 0);
  const at = (x) => [...context.getImageData(x * canvas.width, canvas.height / 2, 1, 1).data].slice(0, 3);
  return [canvas.width, canvas.height, at(0.25), at(0.75)];
})()"""


def test_image_and_depth_are_recorded_side_by_side(page, server) -> None:
    open_viewer(page, server, "#source=clip")
    wait_for_frames(page, 2)
    keep_downloads(page)
    click(page, "#record")
    assert page.value(TEXT.format("record")) == "Stop 0:00"
    wait_for_frames(page, 5)
    page.value("new Promise((done) => setTimeout(done, 300))")
    click(page, "#record")
    page.wait("window.saved['hondo.webm']")
    assert page.value(TEXT.format("record")) == "Record" and page.value(TEXT.format("status")) == "Saved hondo.webm"
    assert page.value("window.saved['hondo.webm'].type") == "video/webm"
    width, height, image, depth = page.value(PLAYED)
    picture = page.value("[document.getElementById('picture').width, document.getElementById('picture').height]")
    assert abs(width / height - 2 * picture[0] / picture[1]) < 0.05
    assert max(abs(a - b) for a, b in zip(image, depth, strict=True)) > 30, "colours on the right"


@pytest.mark.slow
def test_another_source_ends_the_recording(page, server, image, show) -> None:
    open_viewer(page, server, "#source=clip")
    wait_for_frames(page, 1)
    keep_downloads(page)
    click(page, "#record")
    wait_for_frames(page, 3)
    page.value("new Promise((done) => setTimeout(done, 300))")
    show(image())
    page.wait("window.saved['hondo.webm']")


def test_a_browser_that_cannot_record_says_so_beside_the_button(page, server) -> None:
    open_viewer(page, server, "#source=clip")
    wait_for_frames(page, 1)
    page.value("MediaRecorder.isTypeSupported = () => false")
    click(page, "#record")
    assert "cannot record" in page.value(TEXT.format("error-action")) and page.value(FRAMES) > 0
    assert page.value(TEXT.format("error-source")) == ""
