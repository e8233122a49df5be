"""Everything that can be known to be wrong before a fleet starts: each finding with its remedy."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from hondo.core.errors import HondoError, MissingExtraError, reason_of
from hondo.fleet.cluster.connect import connected, require_ray
from hondo.fleet.deploy.cluster_yaml import check_by_ray, cluster_of
from hondo.fleet.deploy.fleet_config import FleetConfig
from hondo.fleet.deploy.image_check import check_image
from hondo.fleet.deploy.quota import check_quota
from hondo.fleet.store.shared_store import check_writable, open_store

# Provider -> (package that Ray and hondo talk to it with, how to install it, environment variables, files): any of the
# last two holds credentials.
CREDENTIALS: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]] = {
    "aws": ("boto3", "boto3 s3fs", ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ROLE_ARN"),
            (".aws/credentials", ".aws/config")),
    "gcp": ("googleapiclient", "google-api-python-client gcsfs", ("GOOGLE_APPLICATION_CREDENTIALS",),
            (".config/gcloud/application_default_credentials.json",)),
    "azure": ("azure.identity", "azure-cli azure-identity azure-mgmt-compute azure-mgmt-network azure-mgmt-resource "
              "adlfs", ("AZURE_CLIENT_ID",), (".azure/azureProfile.json",)),
}  # fmt: skip
LOGIN = {"aws": "aws configure", "gcp": "gcloud auth application-default login", "azure": "az login"}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at; ``error`` is empty where it is as it should be."""

    what: str
    text: str = ""
    error: str = ""


def check_fleet(
    config: FleetConfig,
    *,
    address: str | None = None,
    home: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> list[Finding]:
    """Looks at everything; a failed check hides none of the others, save those that need it.

    ``address``: of a cluster that is up; connecting to it shows whether it answers and has the same versions.
    """
    home, environment = home or Path.home(), os.environ if environment is None else environment
    findings = [_found("Ray", _ray)]
    if address is not None:
        findings.append(_found("address", lambda: _connects(address)))
    if config.provider == "local":
        if config.bucket:
            findings.append(_found("store", lambda: _store(config)))
        return findings
    findings.append(_found("cluster file", lambda: _cluster_file(config)))
    findings.append(_found("image", lambda: check_image(config.image) or "the registry has it"))
    credentials = _found("credentials", lambda: _credentials(config, home=home, environment=environment))
    findings.append(credentials)
    if not credentials.error:
        findings.append(_found("quota", lambda: check_quota(config)))
        findings.append(_found("store", lambda: _store(config)))
    return findings


def _found(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what=what, text=look())
    except (HondoError, OSError) as error:
        return Finding(what=what, error=reason_of(error))


def _ray() -> str:
    require_ray()
    try:
        return f"Ray {version('ray')}; the image must hold the same version and the same minor version of Python"
    except PackageNotFoundError as error:
        raise MissingExtraError("ray", extra="fleet") from error


def _connects(address: str) -> str:
    with connected(address):
        return f"{address} answers, with the same versions of Python and Ray"


def _cluster_file(config: FleetConfig) -> str:
    check_by_ray(cluster_of(config, token=Path("token")))
    return "Ray's validator accepts it"


def _credentials(config: FleetConfig, *, home: Path, environment: Mapping[str, str]) -> str:
    package, install, variables, files = CREDENTIALS[config.provider]
    found = [name for name in variables if environment.get(name)]
    found += [f"~/{name}" for name in files if (home / name).is_file()]
    if not found:
        raise HondoError(
            f"no credentials of {config.provider}: neither {', '.join(variables)} nor ~/{' nor ~/'.join(files)}; log "
            f"in with: {LOGIN[config.provider]}",
            field="provider",
        )
    try:
        is_there = find_spec(package) is not None
    except ModuleNotFoundError:  # of a parent package
        is_there = False
    if not is_there:
        raise HondoError(
            f"the package {package} is not installed; install it with: pip install {install}", field="provider"
        )
    return f"{found[0]}, {package}"


def _store(config: FleetConfig) -> str:
    check_writable(open_store(config.bucket), field="bucket")
    return f"{config.bucket} can be written"
