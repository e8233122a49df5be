"""The cluster file of Ray for a fleet: machines, image, ports, token, and how it ends by itself.

Every machine turns itself off when the budget's hours have passed, whatever Ray does; idle workers are ended by Ray's
autoscaler, an idle head by ``guard``. No port but SSH is open; the dashboard listens on loopback; each request to Ray
carries a token.
"""

import math
from pathlib import Path
from typing import Any

from hondo.core.errors import HondoError, reason_of
from hondo.fleet.cluster.connect import require_ray
from hondo.fleet.deploy.fleet_config import FleetConfig

TOKEN = "/cache/.hondo-fleet-token"  # in the container; /cache is the home of the image
OVER = "/tmp/hondo-fleet"  # shared by container and host: a file `over` in it turns the head off
CLIENT_PORT = 10001
# The interface of the default route, for collectives: the image has no `ip`.
INTERFACE = "$(awk '$2 == \"00000000\" {print $1; exit}' /proc/net/route)"
EXPORTS = f"export GLOO_SOCKET_IFNAME={INTERFACE} NCCL_SOCKET_IFNAME={INTERFACE}; ulimit -n 65536; "


def cluster_of(config: FleetConfig, *, token: Path) -> dict[str, Any]:
    """The cluster file as a value. ``token``: the file here that every machine gets."""
    if config.provider == "local":
        raise HondoError("provider local starts its processes itself and needs no cluster file", field="provider")
    minutes = math.ceil(60 * config.hours)
    turn_off = f"sudo shutdown -P +{minutes}"
    when_over = f"while [ ! -e {OVER}/over ]; do sleep 20; done; sudo shutdown -P now"
    environment = {
        "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": TOKEN, "RAY_USAGE_STATS_ENABLED": "0",
        "HONDO_FLEET_BUCKET": config.bucket,
    }  # fmt: skip
    return {
        "cluster_name": config.name,
        "max_workers": config.max_workers,
        "upscaling_speed": 1.0,
        "idle_timeout_minutes": config.idle_minutes,
        "provider": _provider(config),
        "auth": {"ssh_user": "ubuntu"},
        "docker": {
            "image": config.image,
            "container_name": "hondo",
            "pull_before_run": True,
            # The entry point of the image is hondo; Ray wants a shell that stays.
            "run_options": ["--entrypoint=/usr/bin/env", "--ulimit nofile=65536:65536", f"-v {OVER}:{OVER}"]
            + [f"-e {name}={value}" for name, value in environment.items()],
        },
        "head_node_type": "head",
        "available_node_types": _node_types(config),
        "file_mounts": {TOKEN: str(token)},
        "cluster_synced_files": [],
        "file_mounts_sync_continuously": False,
        "rsync_exclude": [],
        "rsync_filter": [],
        "initialization_commands": [
            turn_off,
            f"sudo mkdir -p {OVER} && sudo chmod 1777 {OVER} && rm -f {OVER}/over",
            f"nohup sh -c '{when_over}' > /dev/null 2>&1 &",
        ],
        "setup_commands": [f"chmod 600 {TOKEN}"],
        "head_setup_commands": [],
        "worker_setup_commands": _fetch(config),
        "head_start_ray_commands": [
            EXPORTS + f"ray start --head --port=6379 --num-cpus=0 --num-gpus=0 --dashboard-host=127.0.0.1 "
            f"--ray-client-server-port={CLIENT_PORT} --autoscaling-config=~/ray_bootstrap_config.yaml",
            f"nohup python -m hondo.fleet.deploy.guard --idle-minutes {config.idle_minutes} --over {OVER}/over "
            "> /cache/guard.log 2>&1 &",
        ],
        "worker_start_ray_commands": [EXPORTS + "ray start --address=$RAY_HEAD_IP:6379"],
    }


def check_by_ray(cluster: dict[str, Any]) -> None:
    """Ray's own validation of a cluster file; HondoError with what it says."""
    require_ray()
    from ray.autoscaler._private.util import prepare_config, validate_config

    try:
        validate_config(prepare_config(cluster))
    except Exception as error:  # jsonschema's, ValueError, AssertionError
        raise HondoError(f"Ray refuses the cluster file: {reason_of(error)[:300]}") from error


def _fetch(config: FleetConfig) -> list[str]:
    """Copies the data from its bucket to the worker's own disk."""
    if not config.data:
        return []
    return [f"python -m hondo.fleet.store.fetch_folder {config.data} /data/fleet"]


def _provider(config: FleetConfig) -> dict[str, Any]:
    if config.provider == "aws":
        ssh = {"FromPort": 22, "ToPort": 22, "IpProtocol": "tcp", "IpRanges": [{"CidrIp": config.ssh_from}]}
        return {
            "type": "aws", "region": config.region, "cache_stopped_nodes": False,
            "security_group": {"GroupName": f"hondo-{config.name}", "IpPermissions": [ssh]},
        }  # fmt: skip
    if config.provider == "gcp":
        zone = f"{config.region}-a"
        return {"type": "gcp", "region": config.region, "availability_zone": zone, "project_id": config.project}
    return {
        "type": "azure", "location": config.region, "resource_group": f"hondo-{config.name}",
        "subscription_id": config.subscription,
    }  # fmt: skip


def _node_types(config: FleetConfig) -> dict[str, Any]:
    """The head, workers on demand, and spot workers; each only where the fleet has it."""
    on_demand, spot = config.max_workers - config.spot_workers, config.spot_workers
    least_spot = min(config.min_workers, spot)
    has = {"CPU": config.worker.cpus, **({"GPU": config.worker.gpus} if config.worker.gpus else {})}
    head = {"resources": {"CPU": 0}, "min_workers": 0, "max_workers": 0}
    types = {"head": {**head, "node_config": _node(config, config.head_type, is_spot=False)}}
    for name, most, least, is_spot in (
        ("worker-spot", spot, least_spot, True),
        ("worker-on-demand", on_demand, config.min_workers - least_spot, False),
    ):
        if most:
            counts = {"resources": has, "min_workers": least, "max_workers": most}
            types[name] = {**counts, "node_config": _node(config, config.instance, is_spot=is_spot)}
    return types


def _node(config: FleetConfig, instance: str, *, is_spot: bool) -> dict[str, Any]:
    if config.provider == "aws":
        disk = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": config.disk_gb, "VolumeType": "gp3"}}
        node: dict[str, Any] = {
            "InstanceType": instance, "BlockDeviceMappings": [disk],
            "InstanceInitiatedShutdownBehavior": "terminate",  # an instance that turns itself off costs nothing more
        }  # fmt: skip
        return node | ({"InstanceMarketOptions": {"MarketType": "spot"}} if is_spot else {})
    if config.provider == "gcp":
        image = "projects/deeplearning-platform-release/global/images/family/common-cu129-ubuntu-2204-nvidia-570"
        disk = {"diskSizeGb": config.disk_gb, "sourceImage": image}
        scheduling: dict[str, Any] = {
            "provisioningModel": "SPOT" if is_spot else "STANDARD",
            "maxRunDuration": {"seconds": math.ceil(3600 * config.hours)},
            "instanceTerminationAction": "DELETE",
            "onHostMaintenance": "TERMINATE",
        }
        disks = [{"boot": True, "autoDelete": True, "type": "PERSISTENT", "initializeParams": disk}]
        return {"machineType": instance, "disks": disks, "scheduling": scheduling}
    parameters: dict[str, Any] = {
        "vmSize": instance, "imagePublisher": "microsoft-dsvm", "imageOffer": "ubuntu-2204",
        "imageSku": "2204-gen2", "imageVersion": "latest", "osDiskTier": "Premium_LRS",
    }  # fmt: skip
    if is_spot:
        parameters |= {"priority": "Spot", "billingProfile": {"maxPrice": -1}}
    return {"azure_arm_parameters": parameters}
