"""The server camera: names of sources, and encoding only for viewers."""

import pytest

from hondo.web.inference.server_camera import shown_source
from tests.web.sockets.streams import stream


def test_nothing_is_encoded_while_nobody_looks(serving, camera, until) -> None:
    started = serving(camera=camera)
    until(lambda: camera.stream.stats().frames_predicted > 5)
    assert camera.messages.count == 0
    with stream(started, "/v1/live") as viewer:
        viewer.recv(timeout=20)
    until(lambda: sum(camera.messages._viewers.values()) == 0)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("rtsp://user:secret@cam.local/a", "rtsp://cam.local/a"),
        ("rtsp://user:p@ss@cam.local", "rtsp://cam.local"),
        ("webcam:0", "webcam:0"),
        ("some/folder/clip.mp4", "clip.mp4"),
    ],
)
def test_names_without_passwords(source: str, shown: str) -> None:
    assert shown_source(source) == shown
