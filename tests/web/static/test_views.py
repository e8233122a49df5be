"""The page's views and controls: reading depth, sliders, pause, saving, models, keyboard, screens, names."""

import pytest

from tests.web.static.viewer import (
    FRAMES,
    TEXT,
    choose,
    click,
    keep_downloads,
    open_viewer,
    press_on,
    slide,
    tab_to,
    wait_for_frames,
)


def test_the_mouse_and_the_keyboard_read_the_depth(page, serving, image, show) -> None:
    from hondo.core.types import DepthKind

    started = serving(lambda shown: 2 + 0 * shown[:, :1], kind=DepthKind.METRIC_DEPTH)
    open_viewer(page, started)
    show(image())
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


def test_sliders_take_points_away_and_relative_depth_says_so(page, server, image, show) -> None:
    open_viewer(page, server)
    show(image((120, 160)))
    points = "Number(document.body.dataset.points)"
    slide(page, "edges", 0)
    whole = page.value(points)
    slide(page, "far", 50)
    half = page.value(points)
    slide(page, "near", 30)
    assert whole == 120 * 160 and 0.3 * whole < half < 0.7 * whole and page.value(points) < half
    page.value("document.getElementById('depth').focus()")
    page.press("ArrowDown")
    assert "relative" in page.value(TEXT.format("reading"))


def test_pause_screenshot_and_ply(page, server) -> None:
    open_viewer(page, server, "#source=clip")
    wait_for_frames(page, 2)
    keep_downloads(page)
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
    choose(page, "model", "other")
    page.wait("document.getElementById('kind').textContent.includes('other')")
    page.wait("document.getElementById('status').textContent === 'Sample clip'")
    assert page.value("document.getElementById('model').value") == "other"


def test_the_keyboard_alone_starts_and_pauses(page, server) -> None:
    open_viewer(page, server)
    press_on(page, "empty-clip")
    wait_for_frames(page, 2)
    press_on(page, "pause")
    assert page.value(TEXT.format("pause")) == "Resume"
    tab_to(page, "cloud")
    turn = (
        "(() => { const c = document.getElementById('cloud');"
        "c.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' })); return c.toDataURL(); })()"
    )
    assert page.value(turn) != page.value(turn)


def test_one_view_alone(page, server) -> None:
    open_viewer(page, server, "#source=clip&only=depth")
    wait_for_frames(page, 1)
    box = page.value(
        "(({ width, height }) => [width, height])(document.getElementById('depth').getBoundingClientRect())"
    )
    assert box == [1280, 800]
    assert page.value("document.querySelector('header').offsetParent") is None


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
            "Math.max(...[...document.querySelectorAll('footer, .settings')]"
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
