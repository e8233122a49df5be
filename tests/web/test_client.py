"""hondo.client against a running server."""

import subprocess
import sys

import cv2
import numpy as np
import pytest
from websockets.sync.client import connect

from hondo.client import Client, ServerError, picture_bytes, read_frame
from hondo.core.types import DepthKind
from hondo.video.live.live_stream import Stream
from hondo.web.inference.server_camera import ServerCamera
from hondo.web.security.access import Access
from hondo.web.security.limits import Limits

TOKEN = "right-token-right-token"


def test_paths_bytes_and_arrays_give_the_same(server, image, tmp_path) -> None:
    data = image()
    path = tmp_path / "x.png"
    path.write_bytes(data)
    array = cv2.imdecode(np.frombuffer(data, np.uint8), 1)[..., ::-1]
    with Client(server.url) as client:
        answers = [client.depth(given) for given in (path, str(path), data, array)]
        assert client.is_ready() and client.models()[0]["name"] == "tiny"
        assert client.point_cloud(data, camera=(30, 30, 32, 24)).startswith(b"ply")
        assert client.depth_png(data).startswith(b"\x89PNG")
    assert all(np.array_equal(answer.values, answers[0].values) for answer in answers)
    assert answers[0].values.shape == (48, 64) and answers[0].kind == "scaled_inverse_depth"
    with pytest.raises(ValueError, match="no metres"):
        answers[0].metres()


def test_metres(serving, image) -> None:
    started = serving(lambda shown: 0.5 + 0 * shown[:, :1], kind=DepthKind.METRIC_INVERSE_DEPTH)
    with Client(started.url) as client:
        assert np.allclose(client.depth(image()).metres(), 2)


def test_refusals_say_what_the_server_said(serving, image) -> None:
    started = serving(access=Access(token=TOKEN), limits=Limits(rate_per_s=1, burst=3))
    with Client(started.url) as client, pytest.raises(ServerError, match="401: the token"):
        client.models()
    with Client(started.url, token=TOKEN) as client:
        with pytest.raises(ServerError) as refused:
            client.depth(b"no image")
        assert refused.value.status == 415
        with pytest.raises(ServerError) as slow:
            for _ in range(5):
                client.models()
        assert slow.value.status == 429 and slow.value.retry_after_s == 1


def test_no_server_is_not_ready(serving) -> None:
    with Client("http://127.0.0.1:1") as client:
        assert not client.is_ready()


def test_a_stream_s_message(server, image) -> None:
    address = f"ws://127.0.0.1:{server.port}/v1/stream?deflate=true"
    with connect(address, proxy=None) as stream, Client(server.url) as client:
        stream.send(image())
        message = stream.recv(timeout=20)
        whole = client.depth(image()).values
    assert isinstance(message, bytes)
    frame = read_frame(message)
    assert frame.values.shape == (48, 64) and np.abs(frame.values - whole).max() < 1e-3
    assert frame.facts["model"] == "tiny"
    with pytest.raises(ValueError, match="not a frame"):
        read_frame(b"else")


def test_a_stream_gives_the_depth_of_each_image_in_order(server, image) -> None:
    images = [image((20 + 2 * number, 40), seed=number) for number in range(7)]
    with Client(server.url) as client:
        frames = list(client.stream(iter(images), side=40))
        assert [frame.values.shape for frame in frames] == [(20 + 2 * number, 40) for number in range(7)]
        assert [frame.facts["number"] for frame in frames] == list(range(7))
        whole = client.depth(images[6]).values
        assert np.abs(frames[6].values - whole).max() < 1e-3
        packed = list(client.stream([images[0], np.zeros((300, 400, 3), np.uint8)], deflate=True, model="tiny"))
        assert packed[0].facts["encoding"] == "deflate" and packed[1].values.shape == (288, 384)
        assert list(client.stream([])) == []


def test_a_stream_takes_images_only_as_they_are_needed(server, image) -> None:
    taken = []

    def images():
        for number in range(100):
            taken.append(number)
            yield image()

    with Client(server.url) as client:
        for frame in client.stream(images()):
            if frame.facts["number"] == 5:
                break
    assert len(taken) < 12


def test_refusals_of_a_stream(serving, image) -> None:
    started = serving(access=Access(token=TOKEN))
    with Client(started.url) as client, pytest.raises(ServerError, match="401: the token"):
        next(client.stream([image()]))
    with Client(started.url, token=TOKEN) as client:
        with pytest.raises(ServerError, match="415: image 1 of the stream") as refused:
            list(client.stream([image(), b"no image", image()]))
        assert refused.value.status == 415
        with pytest.raises(ServerError, match=r"404: .*no model 'gone'"):
            list(client.stream([image()], model="gone"))
        with pytest.raises(ServerError, match="404: this server has no camera"):
            next(client.live())


def test_live_frames_have_their_images(serving, camera) -> None:
    started = serving(camera=camera)
    with Client(started.url) as client:
        frames = [frame for frame, _ in zip(client.live(), range(3))]
        numbers = [frame.facts["number"] for frame in frames]
    assert numbers == sorted(set(numbers))
    assert all(
        frame.jpeg and cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), 1).shape == (48, 64, 3) for frame in frames
    )


def test_live_ends_with_its_source(serving, tiny, tmp_path) -> None:
    cv2.imwrite(str(tmp_path / "0.png"), np.full((48, 64, 3), 90, np.uint8))
    started = serving(camera=ServerCamera(Stream(str(tmp_path), tiny()), name="folder"))
    with Client(started.url) as client:
        assert len(list(client.live(deflate=True))) == 1


def test_odd_arrays_are_refused() -> None:
    with pytest.raises(ValueError, match="uint8 RGB"):
        picture_bytes(np.zeros((4, 4), np.uint8))


def test_it_imports_nothing_heavy() -> None:
    check = "import sys, hondo.client; sys.exit(any(name in sys.modules for name in ('torch', 'cv2', 'fastapi')))"
    assert subprocess.run([sys.executable, "-c", check], timeout=60).returncode == 0
