"""The service in two replicas on Ray Serve: both answer, with the same depth; the configuration file names them."""

import io
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hondo.core.errors import HondoError

yaml = pytest.importorskip("yaml")
pytest.importorskip("ray.serve", reason="the extra fleet is not installed")
CONFIG = Path(__file__).resolve().parents[3] / "docker" / "ray-serve.yaml"


def test_the_configuration_is_one_of_serve() -> None:
    from ray.serve.schema import ServeDeploySchema

    stated = yaml.safe_load(CONFIG.read_text())
    ServeDeploySchema.model_validate(stated)
    (app,) = stated["applications"]
    module, _, name = app["import_path"].partition(":")
    from importlib import import_module

    assert callable(getattr(import_module(module), name))
    assert stated["http_options"]["host"] == "127.0.0.1"


def test_unknown_arguments_are_refused() -> None:
    from hondo.web.http.replicas import application

    with pytest.raises(HondoError, match="unknown 'model'; choose from models"):
        application({"model": "hondo-nano"})


@pytest.mark.slow
def test_two_replicas_answer() -> None:
    from ray import serve

    from hondo.fleet.cluster.connect import connected
    from hondo.fleet.cluster.loopback import free_port
    from hondo.web.http.replicas import application

    port, content = free_port(), io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(content, format="PNG")
    with connected("local", workers=2):
        serve.start(http_options={"host": "127.0.0.1", "port": port})
        stated = {"models": "hondo-nano", "engine": "torch", "precision": "fp32", "replicas": 2}
        serve.run(application(stated), name="hondo", route_prefix="/")
        replicas, answers, end = set(), set(), time.monotonic() + 120
        while len(replicas) < 2 and time.monotonic() < end:
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/v1/depth", data=content.getvalue(), headers={"Content-Type": "image/png"}
            )
            with urllib.request.urlopen(request, timeout=60) as answer:
                replicas.add(answer.headers["x-hondo-replica"])
                answers.add(answer.read())
        serve.shutdown()
    assert len(replicas) == 2 and len(answers) == 1
