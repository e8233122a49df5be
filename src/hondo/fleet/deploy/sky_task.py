"""The same fleet as a task of SkyPilot, for those who launch with it: ``sky launch task.yaml``."""

from typing import Any

from hondo.core.errors import HondoError
from hondo.fleet.deploy.cluster_yaml import EXPORTS
from hondo.fleet.deploy.fleet_config import FleetConfig

RANK, ADDRESSES = "$SKYPILOT_NODE_RANK", "$SKYPILOT_NODE_IPS"


def sky_task(config: FleetConfig, *, command: str) -> dict[str, Any]:
    """A task whose first node runs ``command``, e.g. "hondo study mine.toml --address auto", and the others work.

    The token of Ray is made by the first who launches and goes to every node as a secret variable.
    """
    if config.provider == "local":
        raise HondoError("provider local has no task for SkyPilot", field="provider")
    start = EXPORTS + "export RAY_AUTH_MODE=token RAY_AUTH_TOKEN=$HONDO_FLEET_TOKEN; "
    head = f'HEAD=$(echo "{ADDRESSES}" | head -n1)'
    run = (
        f'{start}{head}; if [ "{RANK}" = 0 ]; then '
        f"ray start --head --port=6380 --dashboard-host=127.0.0.1 --include-dashboard=false && {command}; "
        "else ray start --address=$HEAD:6380 --block; fi"
    )
    return {
        "name": config.name,
        "num_nodes": config.max_workers,
        "resources": {
            "infra": f"{config.provider}/{config.region}",
            "instance_type": config.instance,
            "image_id": f"docker:{config.image}",
            "use_spot": config.spot >= 0.5,
            "disk_size": config.disk_gb,
            "autostop": {"idle_minutes": config.idle_minutes, "down": True},
        },
        "envs": {"HONDO_FLEET_BUCKET": config.bucket},
        "secrets": {"HONDO_FLEET_TOKEN": None},
        **({"file_mounts": {"/data/fleet": {"source": config.data, "mode": "COPY"}}} if config.data else {}),
        "run": run,
    }
