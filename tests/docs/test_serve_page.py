"""docs/serve.md: its curl lines run against a real server, its statuses are those of the code."""

import re
import shlex
import shutil
import subprocess
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.predictor import NetworkPredictor
from hondo.web.http.refusal import REASONS
from hondo.web.http.server import bound, make_server
from hondo.web.inference.served_models import ServedModels
from hondo.web.inference.service import Service
from hondo.web.security.access import Access

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "serve.md").read_text()
CURL = re.findall(r"^curl .*$", TEXT + (ROOT / "README.md").read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def port():
    predictor = NetworkPredictor(
        name="tiny", kind=DepthKind.SCALED_INVERSE_DEPTH, input_spec=InputSpec(size_hw=(64, 64), multiple_of=32),
        network=lambda image: 0.1 + image[:, :1], engine="numpy", precision="fp32",
    )  # fmt: skip
    service = Service(ServedModels(("tiny",), load=lambda name: predictor), access=Access())
    with bound("127.0.0.1", 0) as listening:
        server = make_server(service)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not service.is_ready:
            thread.join(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(20)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("line", CURL)
def test_a_curl_line_works(line: str, port: int, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "photo.jpg"), np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8))
    command = [part.replace(":8000", f":{port}") for part in shlex.split(line)]
    subprocess.run([*command, "--fail", "--noproxy", "*"], cwd=tmp_path, check=True, timeout=60)
    (made,) = [path for path in tmp_path.iterdir() if path.name != "photo.jpg"]
    if made.suffix == ".ply":
        assert made.read_bytes().startswith(b"ply")
    else:
        assert cv2.imread(str(made), cv2.IMREAD_UNCHANGED).shape[:2] == (480, 640)


def test_the_statuses_are_those_of_the_code() -> None:
    documented = {int(status): text for status, text in re.findall(r"^\| (\d{3}) \| (.*) \|$", TEXT, re.MULTILINE)}
    assert documented == REASONS and len(CURL) >= 4
