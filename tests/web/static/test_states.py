"""The page in each of its states on five screens: nothing old, nothing cut off, nothing hidden that has the focus."""

import threading

import pytest

from hondo.core.errors import HondoError
from tests.web.static.viewer import TEXT, choose, click, colors, open_viewer, wait_for_frames

SCREENS = {
    "light": {"width": 1280, "height": 800},
    "dark": {"width": 1280, "height": 800, "is_dark": True},
    "phone": {"width": 390, "height": 844, "is_phone": True},
    "phone lying": {"width": 844, "height": 390, "is_phone": True, "is_dark": True},
    "zoom 200 %": {"width": 640, "height": 400},  # 1280x800 at twice the size
}
OVERFLOW = (
    "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight,"
    "...[...document.querySelectorAll('header, main, footer, .cover:not([hidden]), .timeline')]"
    ".map((each) => each.scrollWidth - each.clientWidth)].filter((over) => over > 0)"
)
# The contrast (WCAG) of each control's border against what surrounds the control; those that cannot be used are exempt.
CONTRASTS = """(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (text) => rgb(text).slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const around = (node) => {
    const { backgroundColor } = getComputedStyle(node.parentElement);
    return rgb(backgroundColor)[3] === 0 ? around(node.parentElement) : backgroundColor;
  };
  return [...document.querySelectorAll('button, select, input[type=password]')]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.disabled)
    .map((each) => [light(getComputedStyle(each).borderTopColor), light(around(each)), each.id || each.textContent])
    .map(([a, b, name]) => [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), name])
    .filter(([contrast]) => contrast < 3);
})()"""
# Whether the element with the focus lies in the window, is not covered, and shows that it has the focus.
FOCUS = """(() => {
  if (document.activeElement === document.body) return ['', false];
  const each = document.activeElement, { left, top, width, height, right, bottom } = each.getBoundingClientRect();
  const found = document.elementFromPoint(left + width / 2, top + height / 2);
  const isShown = width > 0 && left >= 0 && top >= 0 && right <= innerWidth + 1 && bottom <= innerHeight + 1;
  const isFree = found && (found === each || each.contains(found) || found.contains(each));
  const isMarked = getComputedStyle(each).outlineStyle !== 'none';
  return [each.id || each.textContent.trim(), Boolean(isShown && isFree && isMarked)];
})()"""


def check_state(page, *, phase: str, tabs: int = 0) -> None:
    """The laws that hold in every state; with ``tabs``, for the next elements that the Tab key reaches."""
    page.wait(f"document.body.dataset.phase === '{phase}'")
    assert page.value(OVERFLOW) == [], phase
    assert page.value(CONTRASTS) == [], phase
    for _ in range(tabs):
        page.press("Tab")
        name, is_seen = page.value(FOCUS)
        if name == "":  # the end of the page
            break
        assert is_seen, f"{phase}: {name}"


@pytest.mark.parametrize("screen", SCREENS)
def test_every_state_fits_every_screen(page, serving, tiny, screen, tmp_path) -> None:
    is_free = threading.Event()

    def load(name):
        if name == "other":
            assert is_free.wait(30)
            raise HondoError("other has no weights")
        return tiny(name=name)

    page.size(**SCREENS[screen])
    open_viewer(page, serving(models=("tiny", "other"), load=load))
    check_state(page, phase="empty", tabs=12)
    click(page, "#empty-clip")
    wait_for_frames(page, 2)
    check_state(page, phase="playing", tabs=30)
    assert page.value("document.getElementById('ticks').children.length") == 5
    stages = "['picture', 'depth'].map((id) => document.getElementById(id).parentElement.getBoundingClientRect().{})"
    if screen != "phone":  # there one view is shown at a time
        assert len(set(page.value(stages.format("height")))) == len(set(page.value(stages.format("width")))) == 1
    click(page, "#pause")
    check_state(page, phase="paused")
    choose(page, "model", "other")
    page.wait("document.getElementById('step').textContent.includes('other: loading')")
    check_state(page, phase="preparing", tabs=4)
    assert colors(page, "depth") == colors(page, "picture") == 1 and page.value("document.body.dataset.points") is None
    assert [page.value(TEXT.format(each)) for each in ("fps", "latency", "dropped", "kind")] == ["–"] * 4
    is_free.set()
    page.wait("document.getElementById('error-model').textContent.includes('other has no weights')")
    assert page.value("document.getElementById('model').value") == "tiny"
    click(page, "#pause")
    (tmp_path / "text.png").write_text("no image")
    page.give_file("#file", tmp_path / "text.png")
    page.wait("document.getElementById('error-empty').textContent.includes('text.png')")
    check_state(page, phase="empty")
    assert page.value(TEXT.format("error-model")) == "", "of something else"


def test_nothing_of_the_source_before_stays(page, server, image, show) -> None:
    open_viewer(page, server, "#source=clip")
    wait_for_frames(page, 2)
    page.value("navigator.mediaDevices.getUserMedia = () => new Promise(() => {})")
    click(page, "#use-webcam")
    check_state(page, phase="preparing")
    assert page.value(TEXT.format("step")) == "Waiting for permission to use the camera"
    assert page.value(TEXT.format("preparing-name")) == "Preparing My camera…"
    assert colors(page, "depth") == colors(page, "picture") == 1 and page.value(TEXT.format("fps")) == "–"
    frames = page.value("document.body.dataset.frames")
    page.value("new Promise((done) => setTimeout(done, 300))")
    assert page.value("document.body.dataset.frames") == frames, "frames of the clip that were on their way"


def test_a_model_of_a_paused_clip_is_switched(page, serving, tiny) -> None:
    open_viewer(page, serving(models=("tiny", "other"), load=lambda name: tiny(name=name)), "#source=clip")
    wait_for_frames(page, 2)
    click(page, "#pause")
    choose(page, "model", "other")
    page.wait("document.getElementById('kind').textContent.includes('other')")


def test_a_file_over_the_page_may_be_dropped(page, server) -> None:
    open_viewer(page, server)
    drag = (
        "(() => {{ const files = new DataTransfer(); files.items.add(new File(['x'], 'x.png'));"
        "dispatchEvent(new DragEvent('{}', {{ dataTransfer: files, cancelable: true }})); }})()"
    )
    shown = "getComputedStyle(document.querySelector('.drop')).display"
    assert page.value(shown) == "none"
    page.value(drag.format("dragenter"))
    assert page.value(shown) == "grid"
    page.value(drag.format("dragleave"))
    assert page.value(shown) == "none"


def test_settings_of_a_phone_open_and_close(page, server) -> None:
    page.size(390, 844, is_phone=True)
    open_viewer(page, server, "#source=clip")
    wait_for_frames(page, 1)
    shown = "document.getElementById('settings').checkVisibility()"
    assert page.value(shown) is False
    click(page, "#settings-toggle")
    assert page.value(shown) is True
    page.press("Escape")
    assert page.value(shown) is False and page.value("document.activeElement.id") == "settings-toggle"
