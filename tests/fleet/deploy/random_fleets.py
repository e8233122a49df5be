"""Fleets at random: valid ones, and valid ones with one field made wrong."""

from typing import Any

import numpy as np

from hondo.fleet.deploy.instances import HEADS, INSTANCES

DIGEST = "0123456789abcdef" * 4
BUCKETS = {"aws": "s3", "gcp": "gs", "azure": "abfs"}
# Field -> values that are wrong for every provider of a cloud.
WRONG: dict[str, tuple[Any, ...]] = {
    "name": ("", "Depth", "a", "under_score", 7, "x" * 40, None),
    "provider": ("oracle", "AWS", "", 3),
    "budget_hours": (0, -1, "two", 1e9, True, None),
    "region": ("", "us east", 12, "-"),
    "instance": ("", "g7.huge", 4, "local"),
    "head_instance": ("m1.tiny", 3),
    "spot": (-0.1, 1.5, "half", True),
    "min_workers": (-1, 2.5, "1", 5000),
    "max_workers": (0, 1.5, "many", 5000),
    "image": ("", "hondo:cuda", f"ghcr.io/me/hondo@sha256:{DIGEST[:-1]}", "ghcr.io/me/hondo:1.0", 5),
    "bucket": ("", "bucket", "ftp://x/y", "http://x", 4),
    "data": ("folder", 3),
    "idle_minutes": (0, 1.5, "soon", 10_000),
    "budget_money": (-1, "much"),
    "disk_gb": (10, 99_999, "big"),
    "ssh_from": ("everywhere", "1.2.3.4", "1.2.3.4/40"),
    "machines": (3,),
}


def valid_fleet(source: np.random.Generator) -> dict[str, Any]:
    """A fleet of a cloud that is as it should be."""
    provider = str(source.choice(["aws", "gcp", "azure"]))
    most = int(source.integers(1, 60))
    fleet: dict[str, Any] = {
        "name": f"depth-{source.integers(1000)}", "provider": provider, "region": "us-east1",
        "instance": str(source.choice(sorted(INSTANCES[provider]))), "min_workers": int(source.integers(0, most + 1)),
        "max_workers": most, "image": f"ghcr.io/me/hondo@sha256:{DIGEST}",
        "budget_hours": float(source.uniform(0.1, 99)),
        "bucket": f"{BUCKETS[provider]}://depth-results/runs",
    }  # fmt: skip
    optional = {
        "spot": round(float(source.uniform(0, 1)), 2), "idle_minutes": int(source.integers(1, 60)),
        "budget_money": float(source.uniform(1, 500)), "disk_gb": int(source.integers(30, 1000)),
        "head_instance": HEADS[provider], "data": f"{BUCKETS[provider]}://depth-data/kitti",
        "ssh_from": "203.0.113.7/32",
    }  # fmt: skip
    fleet |= {name: value for name, value in optional.items() if source.random() < 0.5}
    fleet |= {"gcp": {"project": "depth-project"}, "azure": {"subscription": "01234567-" + "89ab-" * 3 + "c" * 12}}.get(
        provider, {}
    )
    return fleet


def wrong_fleet(source: np.random.Generator) -> tuple[dict[str, Any], str]:
    """A fleet with one field missing or made wrong, and the field."""
    fleet = valid_fleet(source)
    if source.random() < 0.2:
        field = str(source.choice(["name", "provider", "region", "instance", "image", "bucket", "budget_hours"]))
        del fleet[field]
        return fleet, field
    if source.random() < 0.1 and fleet["max_workers"] < 900:
        return fleet | {"min_workers": fleet["max_workers"] + 1}, "min_workers"
    field = str(source.choice(sorted(WRONG)))
    values = WRONG[field]
    return fleet | {field: values[int(source.integers(len(values)))]}, field
