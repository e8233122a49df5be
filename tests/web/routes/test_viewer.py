"""The viewer page, its palettes and its sample clip over HTTP."""

import base64


def test_the_page_and_its_icon(server) -> None:
    with server.client() as client:
        page, icon = client.get("/"), client.get("/favicon.ico")
    assert page.headers["content-type"].startswith("text/html") and "/static/js/main.js" in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert icon.headers["content-type"] == "image/svg+xml"


def test_palettes_have_256_colours(server) -> None:
    with server.client() as client:
        palettes = client.get("/v1/palettes").json()
    assert "turbo" in palettes and all(len(base64.b64decode(text)) == 3 * 256 for text in palettes.values())


def test_the_sample_clip_is_a_series_of_jpegs(server) -> None:
    with server.client() as client:
        clip = client.get("/v1/clip").json()
        last = client.get(f"/v1/clip/{clip['pictures'] - 1}")
        assert client.get(f"/v1/clip/{clip['pictures']}").status_code == 404
    assert clip["frames_per_second"] > 0 and last.content.startswith(b"\xff\xd8")
