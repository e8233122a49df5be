"""What hondo fleet check finds before anything starts, each with its remedy."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from hondo.core.errors import HondoError
from hondo.fleet.deploy import fleet_check
from hondo.fleet.deploy.fleet_check import check_fleet
from hondo.fleet.deploy.fleet_config import FleetConfig
from hondo.fleet.deploy.image_check import check_image
from hondo.fleet.deploy.quota import check_quota
from hondo.fleet.store.shared_store import FolderStore
from tests.fleet.deploy.random_fleets import DIGEST
from tests.fleet.deploy.test_cluster_yaml import fleet


class Registry(BaseHTTPRequestHandler):
    """Has one image, for everybody who fetches a token first."""

    def do_GET(self) -> None:
        self.answer(200, body=b'{"token": "abc"}')

    def do_HEAD(self) -> None:
        if "private" in self.path:
            self.answer(403)
        elif self.headers.get("Authorization") != "Bearer abc":
            realm = f'Bearer realm="http://{self.headers["Host"]}/token",service="here"'
            self.answer(401, {"WWW-Authenticate": realm})
        else:
            self.answer(200 if self.path.endswith(f"/v2/me/hondo/manifests/sha256:{DIGEST}") else 404)

    def answer(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        return


@pytest.fixture
def registry():
    with HTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_image_is_looked_up_by_its_digest(registry: str) -> None:
    check_image(f"{registry}/me/hondo@sha256:{DIGEST}", scheme="http")
    with pytest.raises(HondoError, match=r"does not have it \(HTTP 404\); build docker/cuda.Dockerfile"):
        check_image(f"{registry}/me/other@sha256:{DIGEST}", scheme="http")
    with pytest.raises(HondoError, match="asks for a login"):
        check_image(f"{registry}/private/hondo@sha256:{DIGEST}", scheme="http")
    with pytest.raises(HondoError, match="does not answer") as caught:
        check_image(f"127.0.0.1:1/me/hondo@sha256:{DIGEST}", scheme="http")
    assert caught.value.field == "image"


def test_credentials_package_and_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_check, "check_image", lambda image: None)
    found = {each.what: each for each in check_fleet(fleet("aws"), home=tmp_path, environment={})}
    assert "no credentials of aws" in found["credentials"].error and "aws configure" in found["credentials"].error
    assert "store" not in found and not found["image"].error
    monkeypatch.setattr(fleet_check, "find_spec", lambda name: None)
    found = {each.what: each for each in check_fleet(fleet("aws"), home=tmp_path, environment={"AWS_PROFILE": "me"})}
    assert "pip install boto3 s3fs" in found["credentials"].error
    monkeypatch.setattr(fleet_check, "find_spec", lambda name: True)
    monkeypatch.setattr(fleet_check, "check_quota", lambda config: "enough")
    monkeypatch.setattr(fleet_check, "open_store", Closed)
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").touch()
    found = {each.what: each for each in check_fleet(fleet("aws"), home=tmp_path, environment={})}
    assert found["credentials"].text.startswith("~/.aws/credentials") and found["quota"].text == "enough"
    assert "s3://depth-results/runs: cannot write there (403)" in found["store"].error


class Closed(FolderStore):
    """A bucket that this account may not write."""

    def __init__(self, root: str) -> None:
        self.root = root

    def write(self, name: str, data: bytes) -> None:
        raise PermissionError("403")


def aws(*, offered: int = 1, allowed: float = 1000.0):
    def client(service: str, region: str):
        return SimpleNamespace(
            describe_instance_type_offerings=lambda Filters: {"InstanceTypeOfferings": [{}] * offered},
            get_service_quota=lambda ServiceCode, QuotaCode: {"Quota": {"Value": allowed}},
        )

    return client


def test_quota_of_aws() -> None:
    config = fleet("aws", instance="g5.xlarge", max_workers=10, min_workers=0, spot=0.5)
    assert "the quotas suffice" in check_quota(config, client=aws())
    with pytest.raises(HondoError, match=r"g5.xlarge does not exist in us-east1") as caught:
        check_quota(config, client=aws(offered=0))
    assert caught.value.field == "instance"
    with pytest.raises(HondoError, match=r"20 spot processors are needed, the account may start 8 .*lower max_workers"):
        check_quota(config, client=aws(allowed=8.0))

    def silent(service: str, region: str):
        raise ConnectionError("no route")

    with pytest.raises(HondoError, match="AWS does not answer: no route"):
        check_quota(config, client=silent)


def test_quota_of_google() -> None:
    config = fleet("gcp", instance="g2-standard-4", max_workers=4, min_workers=0)
    quotas = [{"metric": "CPUS", "limit": 100, "usage": 0}, {"metric": "NVIDIA_L4_GPUS", "limit": 4, "usage": 2}]
    region = SimpleNamespace(execute=lambda: {"quotas": quotas})
    compute = SimpleNamespace(regions=lambda: SimpleNamespace(get=lambda project, region: region_of(quotas)))
    assert region.execute()["quotas"] is quotas
    with pytest.raises(HondoError, match="4 NVIDIA_L4_GPUS are needed, 2 are left in us-east1"):
        check_quota(config, client=compute)


def region_of(quotas: list):
    return SimpleNamespace(execute=lambda: {"quotas": quotas})


def test_a_cluster_that_does_not_answer() -> None:
    pytest.importorskip("ray", reason="the extra fleet is not installed")
    local = FleetConfig(name="here", provider="local", budget_hours=1)
    found = {each.what: each for each in check_fleet(local, address="ray://127.0.0.1:1")}
    assert "nothing answers there" in found["address"].error and not found["Ray"].error
