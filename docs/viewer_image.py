"""Creates docs/images/viewer.jpg, the image of the viewer in the README: `python docs/viewer_image.py`.

Requires Chromium. Runs `hondo serve` and plays the sample clip in a browser of 1280x800. `--out DIR` writes images of
several screen sizes, light and dark, instead.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

from chromium import Page, browser, find

IMAGE = Path(__file__).resolve().parent / "images" / "viewer.jpg"
COMMAND = [sys.executable, "-m", "hondo.cli.main", "serve", "--port", "0"]
FRAME = 18  # of the sample clip: a sofa before a far wall


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="a folder for all the images")
    out = parser.parse_args().out
    if find() is None:
        print("Chromium is not installed (Debian: apt install chromium)", file=sys.stderr)
        return 1
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = re.search(r"http://\S+", server.stdout.readline())
            assert address, "the server did not start"
            with browser() as page:
                take_images(page, address[0], out)
        finally:
            server.terminate()
    return 0


def take_images(page: Page, address: str, out: Path | None) -> None:
    """The README's image, or all images into ``out``."""
    page.size(1280, 800, is_dark=True)
    play(page, address)
    if out is None:
        page.image(IMAGE, form="jpeg")
        print(f"wrote {IMAGE}")
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, width, height, is_phone, is_dark in (
        ("light", 1280, 800, False, False), ("dark", 1280, 800, False, True), ("wide", 1920, 1080, False, False),
        ("tablet", 820, 1180, False, False), ("lying", 844, 390, True, False), ("zoom", 640, 400, False, False),
        ("phone", 390, 844, True, False), ("phone-dark", 390, 844, True, True),
    ):  # fmt: skip
        page.size(width, height, is_phone=is_phone, is_dark=is_dark)
        play(page, address)
        page.image(out / f"{name}.png")
    page.value("document.querySelector('[data-show=cloud]').click()")
    page.image(out / "phone-cloud.png")


def play(page: Page, address: str) -> None:
    """Plays the sample clip up to the chosen frame, with the pointer on its depth map."""
    page.open("about:blank")
    page.open(f"{address}#source=clip")
    page.wait("document.body.dataset.ready")
    page.wait(f"Number(document.body.dataset.frames ?? 0) >= {FRAME}")
    page.value("document.getElementById('pause').click()")
    left, top, width, height = page.value(
        "(({ x, y, width, height }) => [x, y, width, height])(document.getElementById('depth').getBoundingClientRect())"
    )
    page.ask("Input.dispatchMouseEvent", type="mouseMoved", x=left + 0.62 * width, y=top + 0.4 * height)


if __name__ == "__main__":
    sys.exit(main())
