"""Up, submit, status, logs and down: of processes on this machine, or of machines of a cloud by Ray's launcher."""

import secrets
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from hondo.core.atomic import atomic_write
from hondo.core.cache import cache_folder
from hondo.core.errors import HondoError, MissingExtraError, reason_of
from hondo.core.text_file import load_object
from hondo.fleet.cluster.loopback import LoopbackCluster, end_cluster, is_alive, read_cluster, start_cluster
from hondo.fleet.deploy.cluster_yaml import EXPORTS, check_by_ray, cluster_of
from hondo.fleet.deploy.fleet_config import FleetConfig
from hondo.fleet.deploy.instances import SPOT_PRICE
from hondo.fleet.deploy.jobs import end_jobs, log_of, read_jobs, start_job

REMOTE_JOBS = "/cache/fleet/jobs"  # in the container of the head
RECORD = (
    "import json,sys,psutil;p=psutil.Process(int(sys.argv[1]));"
    "print(json.dumps({'number':int(sys.argv[2]),'command':sys.argv[4:],"
    "'process':{'pid':p.pid,'began':p.create_time(),'log':sys.argv[3]}}))"
)


@runtime_checkable
class Fleet(Protocol):
    """A fleet that is up or can be."""

    def up(self) -> str: ...
    def submit(self, arguments: Sequence[str]) -> str: ...
    def status(self) -> str: ...
    def logs(self, number: int | None) -> str: ...
    def down(self) -> str: ...


def fleet_named(config: FleetConfig, *, hondo: Sequence[str]) -> Fleet:
    """``hondo``: the command line of hondo on this machine, for a local fleet."""
    folder = cache_folder("fleet", config.name)
    return LocalFleet(config, folder, hondo=hondo) if config.provider == "local" else CloudFleet(config, folder)


def plan_text(config: FleetConfig) -> str:
    """What ``up`` will start, what that costs about, and how it ends."""
    if config.provider == "local":
        start = (
            f"1 head and {config.max_workers} workers of {config.cpus} CPU as processes of this machine, on loopback"
        )
        return f"{start}; they end after {config.idle_minutes} min without work or {config.hours:g} h"
    worker, head = config.worker, config.head
    gpu = f", {worker.gpus} x {worker.gpu}" if worker.gpus else ""
    spot = (
        f"{config.spot_workers} of them spot (counted at {SPOT_PRICE:.0%})"
        if config.spot_workers
        else "none of them spot"
    )
    money = f" or ${config.budget_money:g}" if config.budget_money else ""
    return "\n".join((
        f"fleet {config.name} on {config.provider} in {config.region}:",
        f"  head     1 x {config.head_type} ({head.cpus} CPU), {head.price_class}, about ${head.price:.2f} an hour",
        f"  workers  {config.min_workers} to {config.max_workers} x {config.instance} ({worker.cpus} CPU{gpu}), {spot}"
        f", {worker.price_class}, about ${worker.price:.2f} an hour each",
        f"  in all   up to about ${config.hourly_price:.2f} an hour by list prices; the bill is the provider's",
        f"  ends     idle workers after {config.idle_minutes} min, the head likewise, every machine after "
        f"{config.hours:.1f} h (budget: {config.budget_hours:g} h{money})",
    ))  # fmt: skip


class LocalFleet:
    """A real cluster of several processes on loopback."""

    def __init__(self, config: FleetConfig, folder: Path, *, hondo: Sequence[str]) -> None:
        self.config, self.folder, self.hondo = config, folder, tuple(hondo)
        self.file, self.jobs = folder / "cluster.json", folder / "jobs"

    def up(self) -> str:
        if self.file.is_file() and is_alive(read_cluster(self.file).head):
            raise HondoError(f"fleet {self.config.name} is up already; see hondo fleet status")
        cluster = start_cluster(workers=self.config.max_workers, cpus=self.config.cpus)
        cluster.save(self.file)
        guard = (sys.executable, "-m", "hondo.fleet.deploy.guard", "--idle-minutes", str(self.config.idle_minutes))
        limits = ("--hours", str(self.config.hours), "--jobs", str(self.jobs), "--cluster", str(self.file))
        start_job(self.folder / "guard", (*guard, *limits), environment={})
        return (
            f"up: {cluster.address}; use it with hondo fleet submit, or in this shell:\n"
            f"export RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH={cluster.token_path}"
        )

    def submit(self, arguments: Sequence[str]) -> str:
        cluster = self._cluster()
        command = (*self.hondo, *arguments, "--address", cluster.address)
        job = start_job(self.jobs, command, environment=cluster.settings)
        return f"job {job.number} runs (log: {job.process.log})"

    def status(self) -> str:
        cluster = self._cluster()
        alive = sum(map(is_alive, cluster.workers))
        jobs = [f"job {job.number} {'runs' if job.is_running else 'has ended'}: {shlex.join(job.command)}"
                for job in read_jobs(self.jobs)]  # fmt: skip
        return "\n".join([f"{cluster.address}: {alive} of {len(cluster.workers)} workers alive", *jobs])

    def logs(self, number: int | None) -> str:
        return log_of(self.jobs, number)

    def down(self) -> str:
        cluster = self._cluster()
        end_jobs(self.jobs)
        end_cluster(cluster)
        self.file.unlink(missing_ok=True)
        end_jobs(self.folder / "guard", patience_s=2)
        return "down: every process has ended"

    def _cluster(self) -> LoopbackCluster:
        if not self.file.is_file():
            raise HondoError(f"fleet {self.config.name} is not up; start it with hondo fleet up")
        cluster = read_cluster(self.file)
        if not is_alive(cluster.head):
            end_cluster(cluster)
            self.file.unlink(missing_ok=True)
            raise HondoError(f"the head of fleet {self.config.name} has died; start it again with hondo fleet up")
        return cluster


class CloudFleet:
    """Machines of a cloud. ``sdk``: Ray's launcher; another one in tests."""

    def __init__(self, config: FleetConfig, folder: Path, *, sdk: Any = None) -> None:
        self.config, self.folder = config, folder
        self.token, self.file = folder / "token", folder / "cluster.yaml"
        self._given = sdk

    @property
    def sdk(self) -> Any:
        """Ray's interface to its launcher."""
        if self._given is not None:
            return self._given
        try:
            from ray.autoscaler import sdk
        except ImportError as error:
            raise MissingExtraError("ray", extra="fleet") from error
        return sdk

    def write(self) -> Path:
        """The cluster file and the token, where this machine keeps them."""
        import yaml

        cluster = cluster_of(self.config, token=self.token)
        check_by_ray(cluster)
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.token.exists():
            self.token.touch(mode=0o600)
            self.token.write_text(secrets.token_hex(32))
        return atomic_write(self.file, yaml.safe_dump(cluster, sort_keys=False).encode())

    def up(self) -> str:
        self._launcher("create_or_update_cluster", str(self.write()), no_restart=True)
        return f"up: {self._launcher('get_head_node_ip', str(self._written()))}"

    def submit(self, arguments: Sequence[str]) -> str:
        command = shlex.join(["hondo", *arguments, "--address", "auto"])
        record = f"python -c {shlex.quote(RECORD)} $! $N $N.log {command} > $N.json"
        self._run(
            f"mkdir -p {REMOTE_JOBS}; cd {REMOTE_JOBS}; N=$(printf %03d $(($(ls *.json 2>/dev/null | wc -l) + 1))); "
            f"{EXPORTS} nohup {command} > $N.log 2>&1 & {record}"
        )
        return "submitted; see hondo fleet logs"

    def status(self) -> str:
        head = self._launcher("get_head_node_ip", str(self._written()))
        workers = self._launcher("get_worker_node_ips", str(self._written()))
        jobs = self._run(f"cat {REMOTE_JOBS}/*.json 2>/dev/null || true")
        told = [f"job {each['number']}: {shlex.join(each['command'])}" for each in _json_lines(jobs)]
        return "\n".join([f"head {head}, {len(workers)} workers", *told])

    def logs(self, number: int | None) -> str:
        name = "$(ls *.log | tail -n1)" if number is None else f"{number:03d}.log"
        return self._run(f"cd {REMOTE_JOBS} && tail -n 200 {name}")

    def down(self) -> str:
        self._launcher("teardown_cluster", str(self._written()))
        return f"down; results are in {self.config.bucket}"

    def _written(self) -> Path:
        if not self.file.is_file():
            raise HondoError(f"fleet {self.config.name} was not started from this machine; hondo fleet up does")
        return self.file

    def _run(self, command: str) -> str:
        """On the head, in the container; returns what it prints."""
        printed = self._launcher("run_on_cluster", str(self._written()), cmd=command, with_output=True) or b""
        return printed.decode() if isinstance(printed, bytes) else printed

    def _launcher(self, name: str, *arguments: Any, **options: Any) -> Any:
        try:
            return getattr(self.sdk, name)(*arguments, **options)
        except Exception as error:  # of each provider's package
            raise HondoError(f"fleet {self.config.name}: {reason_of(error)[:300] or type(error).__name__}") from error


def _json_lines(text: str) -> list[dict[str, Any]]:
    return [load_object(line, name="a line of the fleet") for line in text.splitlines() if line.startswith("{")]
