"""The service as an application of Ray Serve, which runs several replicas of it on a cluster (docker/ray-serve.yaml).

Each replica is a process with its own models. All take the token of HONDO_TOKEN; without one they answer requests for
this machine only, as ``hondo serve`` does.
"""

import os
from collections.abc import Mapping
from typing import Any

from hondo.core.errors import HondoError, MissingExtraError
from hondo.engines.load import ModelSettings
from hondo.web.inference.served_models import ServedModels
from hondo.web.inference.service import Service
from hondo.web.security.access import TOKEN_VARIABLE, Access, check_origins, choose_token
from hondo.web.security.limits import Limits

REPLICA_HEADER = b"x-hondo-replica"  # the process that has answered
ARGUMENTS = ("models", "engine", "precision", "device", "replicas", "waiting", "allow_origins", "gpus")


def application(arguments: Mapping[str, Any]) -> Any:
    """What ``import_path`` of a Serve configuration names; ``arguments`` are its ``args``.

    ``models``: names, separated by commas. ``replicas``: how many processes, each with ``gpus`` GPUs. ``waiting``:
    images that may wait in a replica.
    """
    try:
        from ray import serve
    except ImportError as error:
        raise MissingExtraError("ray", extra="fleet") from error
    for name in arguments:
        if name not in ARGUMENTS:
            raise HondoError(f"args of the service: unknown '{name}'; choose from {', '.join(ARGUMENTS)}")
    stated = dict(arguments)

    def build() -> Any:
        return with_replica_header(_app(stated))

    options = {
        "name": "hondo", "num_replicas": int(stated.get("replicas", 2)), "max_ongoing_requests": 64,
        "ray_actor_options": {"num_cpus": 1, "num_gpus": float(stated.get("gpus", 0))},
    }  # fmt: skip
    return serve.deployment(**options)(serve.ingress(build)()).bind()


def _app(stated: Mapping[str, Any]) -> Any:
    from hondo.web.http.app import build_app

    names = tuple(each.strip() for each in str(stated.get("models", "hondo-nano")).split(","))
    settings = ModelSettings(**{each: stated[each] for each in ("engine", "precision", "device") if each in stated})
    models = ServedModels(names, load=settings.load)
    models.load_default()
    access = Access(
        token=choose_token("127.0.0.1", given=os.environ.get(TOKEN_VARIABLE)),
        origins=check_origins(stated.get("allow_origins", ())),
    )
    limits = Limits(waiting=int(stated.get("waiting", 64)))
    return build_app(Service(models, access=access, limits=limits))


def with_replica_header(app: Any) -> Any:
    """The application with the id of its process in every answer; its state stays reachable."""

    class Named:
        def __init__(self) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async def send_named(message: Any) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message.get("headers", []), (REPLICA_HEADER, str(os.getpid()).encode())]
                await send(message)

            await app(scope, receive, send_named)

    return Named()
