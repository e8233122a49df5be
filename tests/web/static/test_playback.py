"""Recordings on the page: paused, sought, replayed, looped; those of the browser and those of the server."""

import numpy as np
import pytest

from hondo.images.read import write_image
from hondo.images.video_writer import VideoWriter
from hondo.video.live.live_stream import Stream
from hondo.web.inference.server_camera import ServerCamera
from tests.web.static.viewer import TEXT, click, open_viewer, slide, wait_for_frames

PHASE = "document.body.dataset.phase"
GREY = "document.getElementById('picture').getContext('2d').getImageData(9, 9, 1, 1).data[0]"


@pytest.fixture
def film(tmp_path):
    """Ten images, each brighter than the one before, in a second."""
    with VideoWriter(tmp_path / "film.mp4", size_hw=(96, 128), fps=10) as writer:
        for number in range(10):
            writer.write(np.full((96, 128, 3), 20 * number + 20, np.uint8))
    return tmp_path / "film.mp4"


def test_a_video_file_ends_is_sought_and_replayed(page, server, film) -> None:
    open_viewer(page, server)
    page.give_file("#file", film)
    page.wait(f"{PHASE} === 'ended'")
    assert page.value(TEXT.format("pause")) == "Replay" and page.value(TEXT.format("status")) == "film.mp4 has ended"
    page.wait(f"{GREY} > 150")
    click(page, "#loop")
    click(page, "#pause")
    wait_for_frames(page, 2)
    assert page.value(PHASE) == "playing"
    click(page, "#pause")
    slide(page, "seek", 0.05)
    page.wait(f"{GREY} < 60")
    slide(page, "seek", 0.75)
    page.wait(f"{GREY} > 120")
    assert page.value(PHASE) == "paused" and page.value(TEXT.format("time")) == "0:00 / 0:01"
    assert page.value("document.getElementById('seek').getAttribute('aria-valuetext')") == "0:00 / 0:01"


def test_the_sample_clip_loops_and_ends(page, server) -> None:
    open_viewer(page, server, "#source=clip")
    wait_for_frames(page, 1)
    assert page.value("document.getElementById('loop').checked") is True
    slide(page, "seek", 1e6)
    page.wait("Number(document.getElementById('seek').value) < Number(document.getElementById('seek').max) / 2")
    assert page.value(PHASE) == "playing"
    click(page, "#loop")
    slide(page, "seek", 1e6)
    page.wait(f"{PHASE} === 'ended'")
    slide(page, "seek", 0)
    page.wait(f"{PHASE} === 'playing'")
    wait_for_frames(page, 1)


def test_a_recording_of_the_server_is_sought_and_replayed(page, serving, tiny, tmp_path) -> None:
    for number in range(10):
        write_image(tmp_path / f"{number}.png", np.full((48, 64, 3), 20 * number + 20, np.uint8))
    stream = Stream(str(tmp_path), tiny(), folder_fps=10, stays=True)
    open_viewer(page, serving(camera=ServerCamera(stream, name="folder")))
    page.wait(f"{PHASE} === 'ended'")
    assert page.value("document.getElementById('loop-label').checkVisibility()") is False
    click(page, "#pause")
    page.wait(f"{PHASE} === 'playing' && {GREY} < 150")
    page.wait(f"{PHASE} === 'ended' && {GREY} > 150")
    slide(page, "seek", 0.1)
    page.wait(f"{GREY} < 100")
    page.wait(f"{PHASE} === 'ended'")


def test_a_camera_has_no_position(page, server) -> None:
    open_viewer(page, server, "#source=webcam")
    wait_for_frames(page, 1)
    assert page.value("document.getElementById('timeline').hidden") is True
