"""What a provider lets an account start: whether the region has the instance type, and how many processors in all.

Of AWS by boto3; of Google Cloud by its compute interface. Azure is not asked.
"""

from typing import Any

from hondo.core.errors import HondoError, reason_of
from hondo.fleet.deploy.fleet_config import FleetConfig

# Quotas of AWS count processors: (of GPU types g, of standard types), on demand and spot. AWS, "Service quotas".
AWS_QUOTAS = {("g", False): "L-DB2E81BA", ("g", True): "L-3819A6DF", ("std", False): "L-1216C47A",
              ("std", True): "L-34B43A08", ("p", False): "L-417A185B", ("p", True): "L-7212CCBC"}  # fmt: skip
GCP_GPUS = {"L4": "NVIDIA_L4_GPUS", "A100": "NVIDIA_A100_GPUS", "H100": "NVIDIA_H100_GPUS"}


def check_quota(config: FleetConfig, *, client: Any = None) -> str:
    """What was found, as a line; HondoError where the fleet would not start. ``client``: for tests."""
    if config.provider == "aws":
        return _aws(config, client or _boto)
    if config.provider == "gcp":
        return _gcp(config, client or _compute())
    return f"quota of {config.provider} is not asked; see its portal"


def _boto(service: str, region: str) -> Any:
    import boto3  # pyright: ignore[reportMissingImports]

    return boto3.client(service, region_name=region)


def _aws(config: FleetConfig, client: Any) -> str:
    try:
        offered = client("ec2", config.region).describe_instance_type_offerings(
            Filters=[{"Name": "instance-type", "Values": [config.instance]}]
        )["InstanceTypeOfferings"]
        limits = {}
        for is_spot, count in ((True, config.spot_workers), (False, config.max_workers - config.spot_workers)):
            if count:
                code = AWS_QUOTAS[_aws_family(config.instance), is_spot]
                quota = client("service-quotas", config.region).get_service_quota(ServiceCode="ec2", QuotaCode=code)
                limits[is_spot] = (count * config.worker.cpus, float(quota["Quota"]["Value"]), code)
    except Exception as error:  # botocore's, by service
        raise HondoError(
            f"region {config.region}: AWS does not answer: {reason_of(error)[:200]}", field="region"
        ) from error
    if not offered:
        raise HondoError(
            f"instance {config.instance} does not exist in {config.region}; choose another", field="instance"
        )
    for is_spot, (needed, allowed, code) in limits.items():
        if needed > allowed:
            kind = "spot" if is_spot else "on-demand"
            raise HondoError(
                f"max_workers {config.max_workers}: {needed} {kind} processors are needed, the account may start "
                f"{allowed:g} (quota {code}); lower max_workers or ask AWS for more",
                field="max_workers",
            )
    return f"{config.instance} is offered in {config.region}, and the quotas suffice"


def _aws_family(instance: str) -> str:
    return {"g": "g", "p": "p"}.get(instance[0], "std")


def _compute() -> Any:
    from googleapiclient import discovery  # pyright: ignore[reportMissingImports]

    return discovery.build("compute", "v1")


def _gcp(config: FleetConfig, compute: Any) -> str:
    try:
        region = compute.regions().get(project=config.project, region=config.region).execute()
    except Exception as error:  # googleapiclient's and google.auth's
        raise HondoError(
            f"project {config.project}: Google Cloud does not answer: {reason_of(error)[:200]}", field="project"
        ) from error
    quotas = {each["metric"]: each["limit"] - each["usage"] for each in region["quotas"]}
    needs = {"CPUS": config.max_workers * config.worker.cpus}
    if config.worker.gpu in GCP_GPUS:
        needs[GCP_GPUS[config.worker.gpu]] = config.max_workers * config.worker.gpus
    for metric, needed in needs.items():
        if needed > quotas.get(metric, 0):
            raise HondoError(
                f"max_workers {config.max_workers}: {needed} {metric} are needed, {quotas.get(metric, 0):g} are left "
                f"in {config.region}; lower max_workers or ask for more quota",
                field="max_workers",
            )
    return f"the quotas of {config.region} suffice"
