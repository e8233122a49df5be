"""fleet.yaml: 300 at random; what is valid passes Ray's validator, others are refused here with the field's name."""

from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.fleet.deploy.cluster_yaml import check_by_ray, cluster_of
from hondo.fleet.deploy.fleet_config import fleet_of, read_fleet
from tests.fleet.deploy.random_fleets import valid_fleet, wrong_fleet

COUNT = 150


def test_valid_ones_pass_ray() -> None:
    pytest.importorskip("ray", reason="the extra fleet is not installed")
    source, spot = np.random.default_rng(0), 0
    for _ in range(COUNT):
        config = fleet_of(valid_fleet(source))
        cluster = cluster_of(config, token=Path("token"))
        check_by_ray(cluster)
        types = cluster["available_node_types"]
        assert sum(each["max_workers"] for each in types.values()) == config.max_workers
        assert sum(each["min_workers"] for each in types.values()) == config.min_workers
        spot += "worker-spot" in types
    assert 0 < spot < COUNT


def test_ray_refuses_what_is_no_cluster_file() -> None:
    pytest.importorskip("ray", reason="the extra fleet is not installed")
    cluster = cluster_of(fleet_of(valid_fleet(np.random.default_rng(0))), token=Path("token"))
    with pytest.raises(HondoError, match="Ray refuses the cluster file"):
        check_by_ray(cluster | {"max_workers": "two"})


def test_wrong_ones_are_refused_with_the_field() -> None:
    source, fields = np.random.default_rng(1), set()
    for _ in range(COUNT):
        stated, field = wrong_fleet(source)
        with pytest.raises(HondoError) as caught:
            fleet_of(stated)
        assert caught.value.field == field and field in str(caught.value), (stated, field, str(caught.value))
        fields.add(field)
    assert len(fields) > 12


def test_the_budget_bounds_the_hours() -> None:
    stated = valid_fleet(np.random.default_rng(0)) | {"provider": "aws", "bucket": "s3://b/x", "region": "us-east-1"}
    stated |= {"instance": "g5.xlarge", "head_instance": "m7i.xlarge", "max_workers": 10, "min_workers": 0, "spot": 0.5}
    config = fleet_of(stated | {"budget_hours": 10, "budget_money": 14.5, "data": ""})
    assert config.spot_workers == 5 and config.hourly_price == pytest.approx(0.2 + 5 * 1.01 + 5 * 0.4 * 1.01)
    assert config.hours == pytest.approx(14.5 / config.hourly_price) and config.hours < 2
    assert fleet_of(stated | {"budget_hours": 10, "budget_money": 0, "data": ""}).hours == 10


def test_files_that_are_none(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    file = tmp_path / "fleet.yaml"
    with pytest.raises(HondoError, match=r"fleet.yaml cannot be read"):
        read_fleet(file)
    file.write_text("- a\n- b\n")
    with pytest.raises(HondoError, match="must hold entries"):
        read_fleet(file)
    file.write_text("name: depth\nprovider: local\nbudget_hours: 2\nmax_worker: 3\n")
    with pytest.raises(HondoError, match="unknown entry of a fleet 'max_worker'; did you mean max_workers") as caught:
        read_fleet(file)
    assert caught.value.field == "max_worker"
    file.write_text("name: depth\nprovider: local\nbudget_hours: 2\n")
    assert read_fleet(file).hourly_price == 0
