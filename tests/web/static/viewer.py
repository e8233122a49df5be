"""What tests of the page do with it: open it, click, press keys, wait for frames."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[3] / "docs"
TEXT = "document.getElementById('{}').textContent"
FRAMES = "Number(document.body.dataset.frames ?? 0)"


def load_driver():
    """docs/chromium.py, which is no package."""
    spec = importlib.util.spec_from_file_location("hondo_docs_chromium", DOCS / "chromium.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


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


def slide(page, slider: str, value: float) -> None:
    page.value(
        f"(() => {{ const s = document.getElementById('{slider}'); s.value = {value};"
        "s.dispatchEvent(new Event('input')); })()"
    )


def choose(page, select: str, value: str) -> None:
    page.value(
        f"(() => {{ const s = document.getElementById('{select}'); s.value = {json.dumps(value)};"
        "s.dispatchEvent(new Event('change')); })()"
    )


def keep_downloads(page) -> None:
    """What the page saves goes into ``window.saved``, by name, in place of the disk."""
    page.value(
        "(() => { window.saved = {}; const make = URL.createObjectURL.bind(URL); let last;"
        "URL.createObjectURL = (blob) => { last = blob; return make(blob); };"
        "HTMLAnchorElement.prototype.click = function () { window.saved[this.download] = last; }; })()"
    )


def press_on(page, element: str) -> None:
    tab_to(page, element)
    page.press("Enter")


def tab_to(page, element: str) -> None:
    for _ in range(40):
        page.press("Tab")
        if page.value("document.activeElement.id") == element:
            return
    pytest.fail(f"the Tab key does not come to {element}")
