"""The cluster file: a token on every node, no port but SSH, an end by idleness and budget; and a task of SkyPilot."""

from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.fleet.deploy.cluster_yaml import TOKEN, cluster_of
from hondo.fleet.deploy.fleet_config import FleetConfig, fleet_of
from hondo.fleet.deploy.sky_task import sky_task
from tests.fleet.deploy.random_fleets import valid_fleet


def fleet(provider: str, **changes) -> FleetConfig:
    source = np.random.default_rng(3)
    while (stated := valid_fleet(source))["provider"] != provider:
        pass
    return fleet_of(stated | changes)


@pytest.mark.parametrize("provider", ["aws", "gcp", "azure"])
def test_every_node_is_closed_and_ends(provider: str) -> None:
    config = fleet(provider, spot=0.5, max_workers=4, min_workers=2, budget_hours=1.5, budget_money=0)
    cluster = cluster_of(config, token=Path("here/token"))
    options = " ".join(cluster["docker"]["run_options"])
    assert f"-e RAY_AUTH_MODE=token -e RAY_AUTH_TOKEN_PATH={TOKEN}" in options
    assert cluster["file_mounts"] == {TOKEN: "here/token"} and cluster["docker"]["image"] == config.image
    head, worker = cluster["head_start_ray_commands"][0], cluster["worker_start_ray_commands"][0]
    assert "--dashboard-host=127.0.0.1" in head and "--num-cpus=0" in head
    for command in (head, worker):
        assert "GLOO_SOCKET_IFNAME=" in command and "NCCL_SOCKET_IFNAME=" in command
    assert "sudo shutdown -P +90" in cluster["initialization_commands"]
    assert cluster["idle_timeout_minutes"] == config.idle_minutes
    assert set(cluster["available_node_types"]) == {"head", "worker-spot", "worker-on-demand"}


def test_aws_opens_ssh_alone_and_ends_what_turns_itself_off() -> None:
    cluster = cluster_of(fleet("aws", spot=1.0, ssh_from="203.0.113.7/32"), token=Path("token"))
    (rule,) = cluster["provider"]["security_group"]["IpPermissions"]
    assert (rule["FromPort"], rule["ToPort"], rule["IpRanges"]) == (22, 22, [{"CidrIp": "203.0.113.7/32"}])
    node = cluster["available_node_types"]["worker-spot"]["node_config"]
    assert node["InstanceInitiatedShutdownBehavior"] == "terminate"
    assert node["InstanceMarketOptions"] == {"MarketType": "spot"}


def test_google_deletes_after_the_budget() -> None:
    cluster = cluster_of(fleet("gcp", budget_hours=2, budget_money=0, spot=0.0), token=Path("token"))
    scheduling = cluster["available_node_types"]["worker-on-demand"]["node_config"]["scheduling"]
    assert scheduling["maxRunDuration"] == {"seconds": 7200} and scheduling["instanceTerminationAction"] == "DELETE"


def test_data_comes_to_the_disk_of_each_worker() -> None:
    (command,) = cluster_of(fleet("aws", data="s3://depth/kitti"), token=Path("token"))["worker_setup_commands"]
    assert command.endswith("s3://depth/kitti /data/fleet")


def test_a_task_of_skypilot() -> None:
    task = sky_task(fleet("aws", max_workers=3, min_workers=0), command="hondo study thesis36 --address auto")
    assert task["num_nodes"] == 3 and task["resources"]["image_id"].startswith("docker:ghcr.io/me/hondo@sha256:")
    assert task["resources"]["autostop"]["down"] and "hondo study thesis36" in task["run"]
    assert "RAY_AUTH_MODE=token" in task["run"] and task["secrets"] == {"HONDO_FLEET_TOKEN": None}


def test_a_local_fleet_has_no_cluster_file() -> None:
    local = FleetConfig(name="here", provider="local", budget_hours=1)
    for make in (lambda: cluster_of(local, token=Path("token")), lambda: sky_task(local, command="x")):
        with pytest.raises(HondoError, match="provider local"):
            make()
