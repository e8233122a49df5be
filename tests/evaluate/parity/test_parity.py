"""Parity: exact for torch itself, found where there is a difference, and files that miss it are not written."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from hondo.core.atomic import atomic_path
from hondo.core.errors import HondoError
from hondo.core.sample import Sample
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.registry import ENGINES
from hondo.evaluate.parity.check_set import check_samples
from hondo.evaluate.parity.parity import Tolerance, compare, compare_on, export_checked, probe_image, tolerance_of
from hondo.models.base.depth_model import DepthModel


@pytest.fixture(scope="module")
def model() -> DepthModel:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 1, 3, padding=1), nn.Sigmoid())
    spec = InputSpec(size_hw=(32, 48), multiple_of=16)
    return DepthModel(network, name="tiny", kind=DepthKind.METRIC_INVERSE_DEPTH, input_spec=spec).eval()


def test_torch_agrees_with_itself(model) -> None:
    parity = compare(model, ENGINES["torch"].load(model), images=[probe_image((32, 48), seed=0)])
    assert parity.max_difference < 1e-6 and parity.passed
    assert "1/m" in str(parity)


def test_a_difference_is_measured_exactly(model) -> None:
    served = ENGINES["torch"].load(model)
    off = replace(served, network=lambda image: served.network(image) + np.float32(0.25))
    parity = compare(model, off, images=[probe_image((32, 48), seed=0)])
    assert parity.max_difference == pytest.approx(0.25, rel=1e-3)
    assert parity.mean_difference == pytest.approx(0.25, rel=1e-3)
    assert not parity.passed


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    """Images of another size than the network's, the last without ground truth."""
    torch.manual_seed(1)
    labels = {"depth_gt": 1 + torch.rand(1, 40, 60), "valid": torch.rand(1, 40, 60) > 0.5}
    return [*(Sample(image=torch.rand(3, 40, 60), **labels) for _ in range(3)), Sample(image=torch.rand(3, 30, 60))]


def test_real_images_are_scored_against_their_ground_truth(model, samples) -> None:
    checked = check_samples(model, samples, spec=model.input_spec)
    served = ENGINES["torch"].load(model)
    same = compare_on(checked, served)
    assert same.passed and same.images == 4 and same.rank_correlation == pytest.approx(1) and same.abs_rel < 1e-6
    assert same.truth is not None and same.truth.images == 3 and abs(same.truth.worst) < 1e-6
    doubled = compare_on(checked, replace(served, network=lambda image: 2 * served.network(image)))
    assert doubled.abs_rel == pytest.approx(0.5), "inverse depth doubled is depth halved"
    assert doubled.rank_correlation == pytest.approx(1)
    assert doubled.truth is not None and doubled.truth.torch == same.truth.torch
    assert doubled.truth.exported != same.truth.torch
    assert any("abs_rel to torch" in miss for miss in doubled.misses())


def test_at_most_so_many_images_are_looked_at(model, samples) -> None:
    assert len(check_samples(model, samples, spec=model.input_spec, most=2).inputs) == 2
    with pytest.raises(HondoError, match="no image"):
        check_samples(model, [], spec=model.input_spec)


def test_what_made_up_images_cannot_tell_is_not_judged() -> None:
    assert tolerance_of("int8", is_real=True).abs_rel == 0.02
    for precision in ("fp32", "int8", "int8-dynamic"):
        made_up = tolerance_of(precision, is_real=False)
        assert made_up.abs_rel is None and made_up.truth is None and made_up.mean_share is not None


def test_a_file_that_misses_on_real_images_is_not_written(model, samples, tmp_path, monkeypatch) -> None:
    pytest.importorskip("openvino")
    monkeypatch.setattr("hondo.evaluate.parity.parity.TOLERANCES", {"fp32": Tolerance(truth=-1.0)})
    with pytest.raises(HondoError, match="ground-truth metrics worse by"):
        export_checked(model, tmp_path / "net.xml", engine="openvino", samples=samples)
    assert not list(tmp_path.iterdir())
    assert export_checked(model, tmp_path / "net.xml", engine="openvino").passed, "made-up ones have no truth"


def test_nan_is_refused(model) -> None:
    broken = replace(ENGINES["torch"].load(model), network=lambda image: np.full((1, 1, 32, 48), np.nan, np.float32))
    with pytest.raises(HondoError, match="NaN"):
        compare(model, broken, images=[probe_image((32, 48), seed=0)])


@pytest.mark.parametrize(("engine", "name"), [("onnx", "net.onnx"), ("openvino", "net.xml")])
def test_a_checked_export_is_written_whole(model, tmp_path, engine, name) -> None:
    pytest.importorskip({"onnx": "onnxscript", "openvino": "openvino"}[engine])
    parity = export_checked(model, tmp_path / "new" / name, engine=engine)
    assert parity.passed and parity.max_share < 1e-5
    wanted = {name} | ({"net.bin"} if name.endswith(".xml") else set())
    assert {path.name for path in (tmp_path / "new").iterdir()} == wanted
    assert ENGINES[engine].load(tmp_path / "new" / name).name == "tiny"


def test_a_file_that_misses_is_not_written_without_force(model, tmp_path, monkeypatch) -> None:
    pytest.importorskip("openvino")
    monkeypatch.setattr("hondo.evaluate.parity.parity.TOLERANCES", {"fp32": Tolerance(mean_share=-1.0)})
    path = tmp_path / "net.xml"
    with pytest.raises(HondoError, match=r"net\.xml was not written: mean difference .*force=True"):
        export_checked(model, path, engine="openvino")
    assert not list(tmp_path.iterdir())
    assert not export_checked(model, path, engine="openvino", force=True).passed
    assert path.exists() and path.with_suffix(".bin").exists()


def test_a_wrong_suffix_is_refused(model, tmp_path) -> None:
    with pytest.raises(HondoError, match=r"ends in \.onnx"):
        export_checked(model, tmp_path / "net.pb", engine="onnx")


def test_a_full_disk_names_the_file(model, tmp_path, monkeypatch) -> None:
    def no_space(*given) -> None:
        raise OSError(28, "No space left on device")

    def no_space_for_a_draft(model, path, options) -> None:
        with atomic_path(path):
            no_space()

    for export in (no_space, no_space_for_a_draft):
        engines = {"torch": replace(ENGINES["torch"], export_function=export)}
        monkeypatch.setattr("hondo.evaluate.parity.parity.ENGINES", engines)
        with pytest.raises(HondoError, match=rf"cannot write {tmp_path}/x\.safetensors: No space left on device"):
            export_checked(model, tmp_path / "x.safetensors", engine="torch")
    assert not list(tmp_path.iterdir())


def test_the_probe_is_a_image() -> None:
    image = probe_image((32, 48), seed=0)
    assert image.shape == (1, 3, 32, 48) and image.dtype == np.float32
    assert image.min() >= 0 and image.max() <= 1 and image.std() > 0.05
    assert not np.array_equal(image, probe_image((32, 48), seed=1))


def test_a_map_beyond_all_use_is_told_in_few_digits(model) -> None:
    predictor = ENGINES["torch"].load(model)
    far = replace(predictor, network=lambda image: predictor.network(image) * np.float32(1e30))
    parity = compare(model, far, images=[probe_image((32, 64), seed=0)])
    assert "over 1000%" in str(parity) and all(len(miss) < 60 for miss in parity.misses())
    assert "abs_rel of the depth nan%" in str(replace(parity, abs_rel=float("nan")))
