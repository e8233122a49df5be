"""Connects to Ray: on this machine within bounds, or to a cluster; each way to fail as one line with its remedy."""

import logging
import os
import re
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hondo.core.errors import HondoError, MissingExtraError, reason_of

LOCAL = "local"  # as an address: a Ray of this process's own
OBJECT_STORE_BYTES = 100 * 2**20  # of a local Ray: what hondo passes on is small
REACH_S = 5.0
ADDRESS = re.compile(r"^(?P<client>ray://)?(?P<host>[\w.-]+|\[[0-9a-fA-F:]+\]):(?P<port>\d+)$")


def require_ray() -> Any:
    """The package; MissingExtraError where it is not installed."""
    try:
        import ray
    except ImportError as error:
        raise MissingExtraError("ray", extra="fleet") from error
    return ray


def is_client_address(address: str) -> bool:
    """Whether this process only talks to the cluster, and is no part of it."""
    return address.startswith("ray://")


def check_address(address: str) -> None:
    """Refuses an address that is malformed or where nothing answers."""
    if address in (LOCAL, "auto"):
        return
    found = ADDRESS.match(address)
    if found is None:
        raise HondoError(
            f"address '{address}' must be local, auto, HOST:PORT on a machine of the cluster, or ray://HOST:PORT",
            field="address",
        )
    host, port = found["host"].strip("[]"), int(found["port"])
    try:
        socket.create_connection((host, port), timeout=REACH_S).close()
    except (OSError, OverflowError) as error:
        raise HondoError(
            f"address {address}: nothing answers there ({reason_of(error)}); start the cluster with hondo fleet up, "
            "or open a tunnel to it with ssh -L",
            field="address",
        ) from error


@contextmanager
def connected(address: str, *, workers: int = 2) -> Iterator[None]:
    """Ray, connected while the block runs. ``workers``: the processors of a local one."""
    ray = require_ray()
    check_address(address)
    os.environ.setdefault("RAY_TRAIN_V2_ENABLED", "1")
    quiet: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
    logging.getLogger("ray").setLevel(logging.ERROR)
    local = {"num_cpus": workers, "object_store_memory": OBJECT_STORE_BYTES, "include_dashboard": False}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ray.init(**(local if address == LOCAL else {"address": address}), **quiet)
    except Exception as error:  # Ray's kinds differ by version
        raise _explained(address, error) from error
    try:
        yield
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ray.shutdown()


def _explained(address: str, error: Exception) -> HondoError:
    """What Ray reported when it could not connect, with what to do."""
    reason = reason_of(error)
    if "ersion mismatch" in reason:
        remedy = "install here the versions of Python and Ray that the cluster has (its image names them)"
    elif "uthentication" in reason or "token" in reason.lower() or "UNAUTHENTICATED" in reason:
        remedy = "set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH to the token of this cluster (hondo fleet status)"
    elif address == "auto":
        remedy = "no Ray runs on this machine; give its address, or address local"
    elif not is_client_address(address):
        remedy = "HOST:PORT works on a machine of the cluster only; from elsewhere use ray://HOST:PORT"
    else:
        remedy = "check that the cluster runs: hondo fleet status"
    return HondoError(f"address {address}: cannot connect: {reason[:300]}; {remedy}", field="address")


def cluster_gpus() -> float:
    """The GPUs of the cluster that Ray is connected to."""
    return float(require_ray().cluster_resources().get("GPU", 0.0))
