"""fleet.yaml: what a fleet is made of, checked field by field before anything else sees it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from hondo.core.errors import HondoError, MissingExtraError, reason_of, unknown
from hondo.fleet.deploy.instances import HEADS, INSTANCES, SPOT_PRICE, Instance

PROVIDERS = ("aws", "gcp", "azure", "local")
SCHEMES = {"aws": ("s3",), "gcp": ("gs",), "azure": ("abfs", "abfss", "az")}
MAX_WORKERS = 1000
# Field -> what it must match, and how that is said.
FORMS = {
    "name": (r"[a-z][a-z0-9-]{1,30}", "2 to 31 lower-case letters, digits and hyphens, a letter first"),
    "region": (r"[a-z]{2,}[a-z0-9-]*", "a region as the provider writes it, e.g. us-east-1"),
    "image": (
        r"[\w.-]+(:\d+)?(/[\w.-]+)+@sha256:[0-9a-f]{64}",
        "an image by digest, REGISTRY/NAME@sha256:64 hex digits",
    ),
    "project": (r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "the id of a Google Cloud project"),
    "subscription": (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "the id of an Azure subscription"),
    "ssh_from": (r"(\d{1,3}\.){3}\d{1,3}/([0-9]|[12]\d|3[0-2])", "addresses that may use SSH, e.g. 203.0.113.7/32"),
    "data": (r"[a-z][a-z0-9+.-]+://.+", "a URL in a bucket"),
}
NUMBERS: dict[str, tuple[float, float]] = {
    "spot": (0.0, 1.0), "min_workers": (0, MAX_WORKERS), "max_workers": (1, MAX_WORKERS), "idle_minutes": (1, 1440),
    "budget_hours": (0.05, 10_000), "budget_money": (0.0, 1e6), "disk_gb": (30, 16_000), "cpus": (1, 256),
}  # fmt: skip
OF_CLOUDS = ("region", "instance", "image", "bucket")


@dataclass(frozen=True, kw_only=True)
class FleetConfig:
    """A fleet. Money in US dollars, ``spot`` as a share of the workers from 0 to 1."""

    name: str
    provider: str  # aws, gcp, azure; local: processes on this machine
    budget_hours: float  # after which every machine turns itself off
    region: str = ""
    instance: str = ""  # of the workers
    head_instance: str = ""  # of the machine that runs the drivers; "": a small one
    spot: float = 0.0
    min_workers: int = 0
    max_workers: int = 2
    image: str = ""  # by digest: docker/cuda.Dockerfile, pushed to a registry
    bucket: str = ""  # URL of results and checkpoints; local: a folder
    data: str = ""  # URL that is copied to the disk of each worker, as /data/fleet
    idle_minutes: int = 15
    budget_money: float = 0.0  # 0: hours alone
    disk_gb: int = 200
    project: str = ""  # of gcp
    subscription: str = ""  # of azure
    ssh_from: str = "0.0.0.0/0"  # with keys only; no other port is open
    cpus: int = 1  # of a worker of provider local

    def __post_init__(self) -> None:
        for name in (each.name for each in fields(self)):
            _check_value(name, getattr(self, name))
        if self.provider not in PROVIDERS:
            raise unknown("provider", self.provider, PROVIDERS, field="provider")
        if self.min_workers > self.max_workers:
            raise _wrong("min_workers", self.min_workers, f"at most max_workers, {self.max_workers}")
        if self.provider != "local":
            self._check_cloud()

    def _check_cloud(self) -> None:
        for name in (*OF_CLOUDS, *{"gcp": ("project",), "azure": ("subscription",)}.get(self.provider, ())):
            if not getattr(self, name):
                raise HondoError(f"{name} is missing; provider {self.provider} needs it", field=name)
        known = INSTANCES[self.provider]
        for name in ("instance", "head_instance"):
            given = getattr(self, name)
            if given and given not in known:
                raise unknown(f"{name} of {self.provider}", given, known, field=name)
        schemes = SCHEMES[self.provider]
        if not re.fullmatch(rf"({'|'.join(schemes)})://[\w.@-]+(/[\w.=-]+)*/?", self.bucket):
            raise _wrong("bucket", self.bucket, f"{schemes[0]}://BUCKET/FOLDER for provider {self.provider}")
        if self.head.gpus:
            raise _wrong("head_instance", self.head_instance, "a type without a GPU: the head runs no trials")

    @property
    def worker(self) -> Instance:
        """What a worker is."""
        return INSTANCES[self.provider][self.instance]

    @property
    def head_type(self) -> str:
        """The name of the head's instance type."""
        return self.head_instance or HEADS[self.provider]

    @property
    def head(self) -> Instance:
        """What the head is."""
        return INSTANCES[self.provider][self.head_type]

    @property
    def spot_workers(self) -> int:
        """How many of ``max_workers`` are spot instances."""
        return round(self.spot * self.max_workers)

    @property
    def hourly_price(self) -> float:
        """US dollars per hour with all workers, by the list prices of ``instances``; 0 of local."""
        if self.provider == "local":
            return 0.0
        paid = self.max_workers - self.spot_workers + SPOT_PRICE * self.spot_workers
        return self.head.price + paid * self.worker.price

    @property
    def hours(self) -> float:
        """After which every machine turns itself off: ``budget_hours``, or less where the money would not do."""
        if not self.budget_money or not self.hourly_price:
            return self.budget_hours
        return min(self.budget_hours, self.budget_money / self.hourly_price)


def read_fleet(path: Path) -> FleetConfig:
    """The fleet in a YAML file; each entry that is unknown or wrong is named."""
    try:
        import yaml
    except ImportError as error:
        raise MissingExtraError("pyyaml", extra="fleet") from error
    try:
        stated = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise HondoError(f"{path} cannot be read: {reason_of(error)}") from error
    if not isinstance(stated, dict):
        raise HondoError(f"{path} must hold entries like `name: depth`, one a line")
    return fleet_of(stated)


def fleet_of(stated: Mapping[str, Any]) -> FleetConfig:
    """A fleet from the entries of a file."""
    known = [each.name for each in fields(FleetConfig)]
    for key in stated:
        if key not in known:
            raise unknown("entry of a fleet", str(key), known, field=str(key))
    for name in ("name", "provider", "budget_hours"):
        if name not in stated:
            raise HondoError(f"{name} is missing; every fleet needs it", field=name)
    for name, value in stated.items():
        _check_value(name, value)
    return FleetConfig(**stated)


def _check_value(name: str, value: Any) -> None:
    if name in NUMBERS:
        low, high = NUMBERS[name]
        is_whole = name not in ("spot", "budget_hours", "budget_money")
        if isinstance(value, bool) or not isinstance(value, int if is_whole else (int, float)):
            raise _wrong(name, value, f"{'an integer' if is_whole else 'a number'} from {low:g} to {high:g}")
        if not low <= value <= high:
            raise _wrong(name, value, f"from {low:g} to {high:g}")
        return
    if not isinstance(value, str):
        raise _wrong(name, value, "text")
    if name in FORMS and (value or name == "name") and not re.fullmatch(FORMS[name][0], value):
        raise _wrong(name, value, FORMS[name][1])


def _wrong(name: str, value: Any, allowed: str) -> HondoError:
    return HondoError(f"{name} must be {allowed}; got {value!r}", field=name)
