"""A fleet on a cloud goes through Ray's launcher; what starts is said before."""

import json
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.fleet.deploy.fleet_config import FleetConfig
from hondo.fleet.deploy.lifecycle import CloudFleet, LocalFleet, plan_text
from tests.fleet.deploy.test_cluster_yaml import fleet


class Launcher:
    """Ray's launcher, which only remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple] = []

    def create_or_update_cluster(self, path: str, **options: object) -> None:
        self.asked.append(("up", Path(path).read_text()))

    def get_head_node_ip(self, path: str) -> str:
        return "203.0.113.7"

    def get_worker_node_ips(self, path: str) -> list[str]:
        return ["203.0.113.8"]

    def run_on_cluster(self, path: str, *, cmd: str, with_output: bool) -> bytes:
        self.asked.append(("run", cmd))
        return json.dumps({"number": 1, "command": ["hondo", "study", "mine.toml"]}).encode() + b"\n"

    def teardown_cluster(self, path: str) -> None:
        raise RuntimeError("the provider\nsaid no")


def test_up_submit_status_down(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra fleet is not installed")
    launcher = Launcher()
    cloud = CloudFleet(fleet("aws"), tmp_path, sdk=launcher)
    with pytest.raises(HondoError, match="was not started from this machine"):
        cloud.status()
    assert cloud.up() == "up: 203.0.113.7"
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600 and len((tmp_path / "token").read_text()) == 64
    assert (
        "RAY_AUTH_MODE=token" in launcher.asked[0][1] and (tmp_path / "token").read_text() not in launcher.asked[0][1]
    )
    cloud.submit(["study", "mine.toml", "--out", "s3://b/my study"])
    assert "hondo study mine.toml --out 's3://b/my study' --address auto" in launcher.asked[1][1]
    assert cloud.status() == "head 203.0.113.7, 1 workers\njob 1: hondo study mine.toml"
    cloud.logs(3)
    assert launcher.asked[-1][1].endswith("tail -n 200 003.log")
    with pytest.raises(HondoError, match="the provider said no"):
        cloud.down()


def test_what_starts_is_said_with_its_price() -> None:
    config = fleet("aws", instance="g5.xlarge", max_workers=4, min_workers=1, spot=0.5, budget_hours=3, budget_money=0)
    text = plan_text(config)
    for part in ("1 to 4 x g5.xlarge (4 CPU, 1 x A10G), 2 of them spot", "$$, about $1.01 an hour each", "after 3.0 h"):
        assert part in text
    assert "2 workers of 1 CPU" in plan_text(FleetConfig(name="here", provider="local", budget_hours=1))


def test_a_local_fleet_that_is_not_up(tmp_path: Path) -> None:
    local = LocalFleet(FleetConfig(name="here", provider="local", budget_hours=1), tmp_path, hondo=("hondo",))
    for ask in (local.status, local.down, lambda: local.submit(["study", "x"])):
        with pytest.raises(HondoError, match="is not up; start it with hondo fleet up"):
            ask()
