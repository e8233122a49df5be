"""A Ray cluster of several processes on loopback: one head without processors, and workers; ended by process id."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError, MissingExtraError
from hondo.core.text_file import read_json
from hondo.fleet.cluster.connect import OBJECT_STORE_BYTES, require_ray

# Loopback; on Linux Ray puts the address of the network in place of 127.0.0.1.
HOST = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"
START_S = 180.0  # of a node on a machine that is busy
END_S = 15.0
STARTED = "Ray runtime started"  # in the log of a node that has joined
# Of every node: a token that each request carries, collectives on loopback, nothing sent to Ray's authors.
NODE_SETTINGS = {
    "RAY_AUTH_MODE": "token",
    "GLOO_SOCKET_IFNAME": "lo",
    "NCCL_SOCKET_IFNAME": "lo",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_enable_metrics_collection": "0",
}


_started: list[subprocess.Popen] = []  # processes that shall outlive this one; Python warns of those it forgets


def start_apart(command: Sequence[str], log: Path, *, environment: Mapping[str, str]) -> "LoopbackNode":
    """Starts a process in a session of its own, which goes on when this one ends."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True,
            env={**os.environ, **environment},
        )  # fmt: skip
    _started.append(process)
    return LoopbackNode(pid=process.pid, began=require_psutil().Process(process.pid).create_time(), log=str(log))


@dataclass(frozen=True, kw_only=True)
class LoopbackNode:
    """A node: the process of ``ray start`` that watches over it, and when that began (ids are used again)."""

    pid: int
    began: float
    log: str


@dataclass(frozen=True, kw_only=True)
class LoopbackCluster:
    """A cluster on this machine. ``folder``: of its token, logs and sessions, with a short name for its sockets."""

    folder: str
    port: int
    head: LoopbackNode
    workers: tuple[LoopbackNode, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    host: str = HOST

    @property
    def address(self) -> str:
        """HOST:PORT for processes of this machine."""
        return f"{self.host}:{self.port}"

    @property
    def token_path(self) -> Path:
        """The file of the token that every request carries."""
        return Path(self.folder) / "token"

    @property
    def settings(self) -> dict[str, str]:
        """What a process sets to use the cluster."""
        return {**NODE_SETTINGS, "RAY_AUTH_TOKEN_PATH": str(self.token_path), **self.environment}

    def save(self, path: Path) -> None:
        """For another command to find it."""
        atomic_write(path, json.dumps(asdict(self), indent=1).encode())


def read_cluster(path: Path) -> LoopbackCluster:
    """The inverse of ``LoopbackCluster.save``."""
    stated = read_json(path)
    workers = tuple(LoopbackNode(**each) for each in stated.pop("workers"))
    return LoopbackCluster(head=LoopbackNode(**stated.pop("head")), workers=workers, **stated)


def start_cluster(
    *, workers: int, cpus: int = 1, environment: Mapping[str, str] | None = None, host: str = HOST
) -> LoopbackCluster:
    """A head and ``workers`` nodes of ``cpus`` processors each. ``environment``: more variables of every process.

    ``host``: another address of this machine than loopback, for workers in network namespaces.
    """
    require_ray()
    folder = Path(tempfile.mkdtemp(prefix="hondo-ray-"))
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(secrets.token_hex(32))
    cluster = LoopbackCluster(
        folder=str(folder), port=free_port(), head=LoopbackNode(pid=0, began=0.0, log=""),
        environment=dict(environment or {}), host=host,
    )  # fmt: skip
    head = ["--head", f"--port={cluster.port}", "--num-cpus=0", "--include-dashboard=false", f"--temp-dir={folder}"]
    head.append(f"--ray-client-server-port={free_port()}")
    cluster = replace(cluster, head=_start(cluster, head, name="head", host=host))
    try:
        _wait_for(cluster.head)
        for _ in range(workers):
            cluster = with_worker(cluster, cpus=cpus)
    except BaseException:
        end_cluster(cluster)
        raise
    return cluster


def with_worker(
    cluster: LoopbackCluster, *, cpus: int = 1, host: str | None = None, prefix: Sequence[str] = ()
) -> LoopbackCluster:
    """The cluster with one more worker node. ``prefix``: a command that runs it elsewhere, e.g. in a namespace."""
    name = f"worker-{len(cluster.workers)}"
    arguments = [f"--address={cluster.address}", f"--num-cpus={cpus}"]
    node = _start(cluster, arguments, name=name, host=host or cluster.host, prefix=prefix)
    _wait_for(node)  # two that start at once would take the same names of sockets
    return replace(cluster, workers=(*cluster.workers, node))


def end_cluster(cluster: LoopbackCluster) -> None:
    """Ends every process of the cluster, by its id, and removes its folder."""
    for node in (*cluster.workers, cluster.head):
        end_node(node)
    shutil.rmtree(cluster.folder, ignore_errors=True)


def end_node(node: LoopbackNode, *, at_once: bool = False) -> None:
    """Ends a node and its processes; ``at_once``: with SIGKILL, as a power cut would."""
    psutil = require_psutil()
    if not is_alive(node):
        return
    with suppress(psutil.NoSuchProcess):
        starter = psutil.Process(node.pid)
        family = [*starter.children(recursive=True), starter]
        if not at_once:
            starter.terminate()
            psutil.wait_procs([starter], timeout=END_S)
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=END_S)


def is_alive(node: LoopbackNode) -> bool:
    """Whether the node's own process runs, and not another one with its number."""
    psutil = require_psutil()
    try:
        process = psutil.Process(node.pid)
        return process.status() != psutil.STATUS_ZOMBIE and abs(process.create_time() - node.began) < 2.0
    except psutil.NoSuchProcess:
        return False


def processes_of(node: LoopbackNode, name: str) -> list[int]:
    """The ids of the node's processes of this name: raylet, gcs_server."""
    psutil = require_psutil()
    if not is_alive(node):
        return []
    return [each.pid for each in psutil.Process(node.pid).children(recursive=True) if each.name().startswith(name)]


def require_psutil():
    """The package; MissingExtraError where it is not installed."""
    try:
        import psutil
    except ImportError as error:
        raise MissingExtraError("psutil", extra="fleet") from error
    return psutil


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _start(
    cluster: LoopbackCluster, arguments: Sequence[str], *, name: str, host: str, prefix: Sequence[str] = ()
) -> LoopbackNode:
    command = [
        *prefix,
        sys.executable,
        "-m",
        "ray.scripts.scripts",
        "start",
        *arguments,
        "--block",
        "--disable-usage-stats",
    ]
    command += [f"--node-ip-address={host}", f"--object-store-memory={OBJECT_STORE_BYTES}"]
    command += ["--min-worker-port=0", "--max-worker-port=0"]  # several nodes share this machine's ports
    command += [f"--{port}={free_port()}" for port in ("dashboard-agent-listen-port", "metrics-export-port")]
    return start_apart(command, Path(cluster.folder) / f"{name}.log", environment=cluster.settings)


def _wait_for(node: LoopbackNode) -> None:
    """Until the node has joined; HondoError with the end of its log where it does not."""
    end, log = time.monotonic() + START_S, Path(node.log)
    while time.monotonic() < end and is_alive(node):
        if STARTED in log.read_text(errors="replace"):
            return
        time.sleep(0.1)
    said = " ".join(log.read_text(errors="replace").split())[-300:]
    end_node(node, at_once=True)
    raise HondoError(f"a node of the local cluster did not start: {said}; see {log}")
