"""hondo live, headless and with a page, on the embedded clip with a model of random weights."""

import json
import re
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from websockets.sync.client import connect

from hondo.cli.main import main
from hondo.cli.running.live import LiveCommand, live_settings
from hondo.data.datasets.poses import read_poses
from hondo.images.read import write_image
from hondo.images.video_writer import VideoWriter

MODEL = ["--model", "unet-light", "--weights", "random", "--engine", "pytorch", "--size", "32x64"]


@pytest.fixture
def film(tmp_path: Path) -> Path:
    with VideoWriter(tmp_path / "film.mp4", size_hw=(48, 64), fps=20) as writer:
        for number in range(12):
            writer.write(np.full((48, 64, 3), 20 * number, np.uint8))
    return tmp_path / "film.mp4"


def test_headless_runs_to_the_end_and_records(tmp_path, capsys) -> None:
    for number in range(4):
        write_image(tmp_path / "in" / "images" / f"{number}.png", np.full((48, 64, 3), 60 * number, np.uint8))
    (tmp_path / "in" / "images" / "2.png").write_bytes(b"damaged")
    (tmp_path / "in" / "poses.txt").write_text("1 0 0 5 0 1 0 0 0 0 1 0 0 0 0 1\n" * 4)
    out = tmp_path / "out"
    adaptive = ["--fps", "20", "--min-size", "32x32"]
    assert main(["live", str(tmp_path / "in"), "--headless", "--record", str(out), *adaptive, *MODEL]) == 0
    counts = re.search(r"(\d+) frames with depth, \d+ dropped, 1 corrupt", capsys.readouterr().out)
    assert counts and int(counts[1]) == len(json.loads((out / "predictions.json").read_text())["items"]) > 0
    assert len(list((out / "live.depth").glob("*.depth.png"))) == int(counts[1])
    assert all((out / name).exists() for name in ("live.mp4", "live.depth.mp4"))
    assert read_poses(out / "poses.txt")[0, 0, 3] == 5


def test_the_page_s_server_shows_and_records_the_camera(film, tmp_path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "hondo.cli.main", "live", str(film), "--loop", "--port", "0", *MODEL]
    command += ["--record", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        found = re.search(r"http://(127.0.0.1:\d+)/", server.stdout.readline())
        assert found
        message = first_frame(found[1])
        (length,) = struct.unpack("<I", message[4:8])
        header = json.loads(message[8 : 8 + length])
        assert header["picture_bytes"] > 0 and header["model"] == "unet-light"
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=60)
    assert server.returncode == 0 and "Traceback" not in errors
    assert (out / "live.mp4").exists() and json.loads((out / "predictions.json").read_text())["items"]


def test_the_clip_is_played_again_and_again_on_the_page_only() -> None:
    page, headless = LiveCommand(source="clip"), LiveCommand(source="clip", headless=True)
    assert live_settings(page).loop and live_settings(page).stays
    assert not live_settings(headless).loop and not live_settings(headless).stays
    film = LiveCommand(source="film.mp4")
    assert not live_settings(film).loop and live_settings(film).stays, "it can be replayed"


def first_frame(address: str) -> bytes:
    from websockets.exceptions import InvalidStatus

    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with connect(f"ws://{address}/v1/live", proxy=None, max_size=None) as viewer:
                while isinstance(message := viewer.recv(timeout=60), str):
                    pass
                return message
        except InvalidStatus:  # 503 while it starts
            time.sleep(0.05)
    pytest.fail("never ready")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "SOURCE"),
        (["gone.mp4"], "gone.mp4"),
        (["gone.mp4", "--headless"], "gone.mp4"),
        (["clip", "--rerun", "x.rrd"], "--rerun needs --headless"),
        (["clip", "--fps", "0"], "--fps"),
        (["clip", "--min-size", "32x32"], "--min-size needs --fps"),
        (["clip", "--fps", "5", "--min-size", "32"], "--min-size '32'"),
        (["clip", "--fps", "5", "--min-size", "64x128"], "smallest"),
        (["clip", "--fps", "-3", "--headless"], "--fps"),
    ],
)
def test_bad_input_is_2_and_one_line(arguments, said, capsys) -> None:
    options = ["--port", "0"] if arguments else []
    assert main(["live", *arguments, *options, *MODEL]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
