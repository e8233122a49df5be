"""hondo serve as a user starts and stops it, with a model of random weights."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from hondo.cli.main import main

MODEL = ["--model", "unet-light", "--weights", "random", "--engine", "pytorch", "--size", "32x64"]


def test_it_serves_until_sigterm_and_ends_well(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hondo.cli.main", "serve", "--port", "0", *MODEL]
    environment = os.environ | {"HONDO_TOKEN": "a-token-of-some-length"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        address = re.search(r"http://127.0.0.1:\d+/", line)
        assert address, line + (server.stderr.read() if server.stderr else "")
        with httpx.Client(base_url=address[0], timeout=60, trust_env=False) as client:
            wait_until_ready(client)
            assert client.get("/v1/models").status_code == 401
            right = {"Authorization": "Bearer a-token-of-some-length"}
            names = [model["name"] for model in client.get("/v1/models", headers=right).json()["models"]]
            assert names == ["unet-light"]
            server.send_signal(signal.SIGTERM)
            _, errors = server.communicate(timeout=30)
    assert server.returncode == 0 and "Traceback" not in errors
    assert "a-token-of-some-length" not in line


def wait_until_ready(client: httpx.Client) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if client.get("/readyz").status_code == 200:
            return
        time.sleep(0.05)
    pytest.fail("never ready")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "70000"], "--port 70000"),
        (["--host", "no.such.host.invalid"], "not an address"),
        (["--model", "unet-lihgt"], "unet-light"),
        (["--weights", "random", "--model", "unet-light", "--model", "unet-light"], "each once"),
        (["--allow-origin", "*"], "--allow-origin"),
        (["--waiting", "0"], "waiting"),
        (["--rate", "-1"], "rate"),
        (["--size", "33"], "--size"),
    ],
)
def test_bad_input_is_2_and_one_line(arguments, said, capsys, monkeypatch) -> None:
    monkeypatch.delenv("HONDO_TOKEN", raising=False)
    assert main(["serve", "--port", "0", *arguments]) == 2
    error = capsys.readouterr().err.splitlines()
    assert said in error[-1] and all("hondo: " in line for line in error)


def test_a_weak_token_is_refused(capsys, monkeypatch) -> None:
    monkeypatch.setenv("HONDO_TOKEN", "short")
    assert main(["serve", "--port", "0", "--host", "0.0.0.0"]) == 2
    assert "HONDO_TOKEN" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told_before_anything_is_loaded(capsys) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 2
    assert f"cannot listen on 127.0.0.1:{port}" in capsys.readouterr().err
