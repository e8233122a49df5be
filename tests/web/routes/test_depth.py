"""POST /v1/depth over a real socket: every form says the same depth, however the image came."""

import base64
import io
import json
import struct
import zlib

import cv2
import numpy as np
import pytest

from hondo.core.types import DepthKind
from hondo.geometry.point_cloud import read_ply
from tests.web.requests import assert_refused


def stored(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED).astype(np.float64)


def values_of(response) -> np.ndarray:
    """What a client without hondo does with the answer."""
    factor, offset = (float(response.headers[f"X-Hondo-{name}"]) for name in ("Factor", "Offset"))
    return (stored(response.content) - offset) / factor


def test_png_is_the_image_s_depth(server, image) -> None:
    with server.client() as client:
        response = client.post("/v1/depth", content=image())
    assert response.status_code == 200 and response.headers["content-type"] == "image/png"
    values = values_of(response)
    assert values.shape == (48, 64)
    assert np.allclose(values[4], 0.1, atol=0.12) and np.allclose(values[-4], 1.0, atol=0.12)
    assert response.headers["X-Hondo-Kind"] == "scaled_inverse_depth" and response.headers["X-Hondo-Unit"] == ""
    assert response.headers["X-Hondo-Model"] == "tiny" and response.headers["X-Hondo-Width"] == "64"


def test_all_forms_say_the_same(server, image) -> None:
    with server.client() as client:
        png, npz, text = (
            client.post("/v1/depth", params={"format": form}, content=image()) for form in ("png16", "npz", "json")
        )
    with np.load(io.BytesIO(npz.content), allow_pickle=False) as arrays:
        values, facts = arrays["values"], json.loads(str(arrays["facts"]))
    assert values.dtype == np.float32 and np.abs(values - values_of(png)).max() < 1e-4
    answer = text.json()
    assert base64.b64decode(answer["png"]) == png.content
    assert answer["factor"] == float(png.headers["X-Hondo-Factor"])
    assert {
        "model",
        "engine",
        "kind",
        "unit",
        "width",
        "height",
        "network_size_hw",
        "milliseconds",
    } <= answer.keys()
    assert facts["kind"] == answer["kind"] and facts["factor"] is None


def test_colours_are_a_jpeg(server, image) -> None:
    with server.client() as client:
        response = client.post("/v1/depth", params={"format": "color"}, content=image())
    assert response.headers["content-type"] == "image/jpeg"
    assert cv2.imdecode(np.frombuffer(response.content, np.uint8), 1).shape == (48, 64, 3)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "image/png"),
        ("image/png", "image/png"),
        ("application/json", "application/json"),
        ("text/html, application/x-npz;q=0.5", "application/x-npz"),
        ("image/jpeg", "image/jpeg"),
    ],
)
def test_accept_chooses(server, image, accept, media_type) -> None:
    with server.client() as client:
        response = client.post("/v1/depth", headers={"Accept": accept}, content=image())
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "BMP", "PPM"])
def test_images_of_many_formats(server, image, form) -> None:
    with server.client() as client:
        assert client.post("/v1/depth", content=image(form=form)).status_code == 200


def test_a_form_s_file_is_the_same_as_the_body(server, image) -> None:
    with server.client() as client:
        body = client.post("/v1/depth", content=image())
        form = client.post("/v1/depth", files={"image": ("a b.png", image(), "image/png")}, data={"note": "x"})
        odd = client.post("/v1/depth", files={"anything": ("x.png", image(), "image/png")})
    assert body.content == form.content == odd.content


def test_metric_models_answer_metres(serving, image) -> None:
    started = serving(lambda shown: 2 + 0 * shown[:, :1], kind=DepthKind.METRIC_DEPTH)
    with started.client() as client:
        response = client.post("/v1/depth", content=image())
    assert response.headers["X-Hondo-Unit"] == "m" and np.all(stored(response.content) == 512)


def test_another_model_is_loaded_when_it_is_asked_for(serving, image, tiny) -> None:
    loaded = []
    started = serving(models=("tiny", "folder/other.onnx"), load=lambda name: loaded.append(name) or tiny(name=name))
    with started.client() as client:
        assert loaded == ["tiny"]
        before = client.get("/v1/models").json()
        response = client.post("/v1/depth", params={"model": "other"}, content=image())
        after = client.get("/v1/models").json()
    assert response.headers["X-Hondo-Model"] == "other" and loaded == ["tiny", "folder/other.onnx"]
    assert [model["is_loaded"] for model in before["models"]] == [True, False]
    assert [model["name"] for model in after["models"]] == ["tiny", "other"] and before["default"] == "tiny"
    assert all(model["is_loaded"] and model["kind"] == "scaled_inverse_depth" for model in after["models"])


def cloud(client, tmp_path, content, **params):
    response = client.post("/v1/pointcloud", content=content, params=params)
    assert response.status_code == 200, response.text
    path = tmp_path / "x.ply"
    path.write_bytes(response.content)
    return response, *read_ply(path)


def test_points_lie_where_the_camera_says(serving, image, tmp_path) -> None:
    started = serving(lambda shown: 2 + 0 * shown[:, :1], kind=DepthKind.METRIC_DEPTH)
    with started.client() as client:
        response, points, colors = cloud(client, tmp_path, image(), camera="32,32,32,24")
    assert len(points) == 48 * 64 == int(response.headers["X-Hondo-Points"])
    assert np.allclose(points[:, 2], 2)
    assert np.allclose(points[0, :2], [(0.5 - 32) / 32 * 2, (0.5 - 24) / 32 * 2])
    assert colors is not None and colors[0].max() < 40 and colors[-1].min() > 215


def test_fewer_points_of_the_same_surface(serving, image, tmp_path) -> None:
    started = serving(lambda shown: 2 + 0 * shown[:, :1], kind=DepthKind.METRIC_DEPTH)
    with started.client() as client:
        _, all_points, _ = cloud(client, tmp_path, image(), camera="32,32,32,24")
        _, few, _ = cloud(client, tmp_path, image(), camera="32,32,32,24", max_points=500)
    assert 200 < len(few) <= 500
    assert all(np.abs(all_points - point).sum(axis=1).min() < 1e-4 for point in few[::50])


def test_without_a_camera_one_of_60_degrees(serving, image, tmp_path) -> None:
    started = serving(lambda shown: 2 + 0 * shown[:, :1], kind=DepthKind.METRIC_DEPTH)
    with started.client() as client:
        _, points, _ = cloud(client, tmp_path, image())
    half_width = 2 * np.tan(np.deg2rad(30)) * (63 / 64)
    assert np.isclose(points[:, 0].max(), half_width, rtol=1e-4)


@pytest.mark.parametrize(
    ("params", "status", "said"),
    [
        ({"camera": "/etc/passwd"}, 400, "four numbers"),
        ({"camera": "1,2,3"}, 400, "four numbers"),
        ({"camera": "-1,1,1,1"}, 400, "positive"),
        ({"camera": "nan,1,1,1"}, 400, "finite"),
        ({"camera": "30,30,900,30"}, 422, "outside"),
        ({"fov": "0"}, 400, "fov"),
        ({"fov": "190"}, 400, "fov"),
        ({"max_points": "0"}, 400, "max_points"),
        ({"model": "../secret"}, 404, "no model"),
    ],
)
def test_bad_parameters(server, image, params, status, said) -> None:
    with server.client() as client:
        response = client.post("/v1/pointcloud", params=params, content=image())
    assert response.status_code == status and said in response.json()["error"]


def test_relative_depth_has_no_points(serving, image) -> None:
    started = serving(kind=DepthKind.RELATIVE_INVERSE_DEPTH)
    with started.client() as client:
        response = client.post("/v1/pointcloud", content=image())
    assert response.status_code == 422 and "relative" in response.json()["error"]


def huge_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims that size."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + chunk + b"\0\0\0\x10IDAT" + b"\0" * 20


@pytest.mark.parametrize(
    ("params", "status", "said"),
    [
        ({"format": "jpg"}, 400, "format"),
        ({"model": "http://example.org/x.onnx"}, 404, "no model"),
        ({"model": "/etc/passwd"}, 404, "no model"),
    ],
)
def test_bad_depth_parameters(server, image, params, status, said) -> None:
    with server.client() as client:
        assert_refused(client.post("/v1/depth", params=params, content=image()), status, said)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, "empty"),
        (b"http://example.org/photo.jpg", 415, "not an image"),
        (b"\x80\x04\x95pickle", 415, "not an image"),
        (b"\x93NUMPY\x01\x00" + b"\0" * 100, 415, "not an image"),
        (huge_png(20_000, 10_000), 413, "megapixels"),
        (huge_png(64, 64), 415, "damaged"),
    ],
)
def test_bodies_that_are_no_image(server, body, status, said) -> None:
    with server.client() as client:
        assert_refused(client.post("/v1/depth", content=body), status, said)


def test_a_image_cut_short(server, image) -> None:
    with server.client() as client:
        assert_refused(client.post("/v1/depth", content=image((200, 300), form="JPEG")[:3000]), 415, "truncated")


def test_accept_of_nothing_offered(server, image) -> None:
    with server.client() as client:
        assert_refused(client.post("/v1/depth", headers={"Accept": "text/html"}, content=image()), 406, "Accept")
