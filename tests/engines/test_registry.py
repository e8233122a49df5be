"""Every engine of the table: the same map as torch, the file says what it is, wrong use is refused."""

import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, Predictor
from hondo.engines.base.metadata import cost_of
from hondo.engines.registry import ENGINES
from hondo.models.base.depth_model import DepthModel

EXPORTING = ["onnx_runtime", "openvino_ir"]
# Those that take a model as it is; the compiling ones have tests of their own, a compilation each.


SERVING = ["pytorch", *EXPORTING]


@pytest.fixture(params=SERVING)
def engine(request) -> str:
    for package in ENGINES[request.param].PACKAGES:
        pytest.importorskip(package)
    return request.param


@pytest.fixture(params=EXPORTING)
def exporting(request) -> str:
    for package in ENGINES[request.param].PACKAGES:
        pytest.importorskip(package)
    return request.param


def torch_map(model: DepthModel, image: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return model(torch.from_numpy(image))[0].numpy()


def test_a_served_model_gives_torchs_map_at_any_size_and_batch(engine, tiny_model, image) -> None:
    predictor = ENGINES[engine].load(tiny_model)
    assert isinstance(predictor, Predictor) and predictor.engine == engine
    for shown in (image, image[:, :, :16].repeat(2, axis=0)):
        np.testing.assert_allclose(predictor.run(shown), torch_map(tiny_model, shown), atol=1e-5)


def test_the_map_is_the_callers_own(exporting, exported, image) -> None:
    predictor = ENGINES[exporting].load(exported[exporting])
    first = predictor.run(image)
    kept = first.copy()
    predictor.run(1 - image)
    np.testing.assert_array_equal(first, kept)


def test_a_model_changed_after_loading_does_not_change_the_exported_graph(exporting, tiny_model, image) -> None:
    import copy

    model = copy.deepcopy(tiny_model)
    predictor = ENGINES[exporting].load(model)
    with torch.no_grad():
        model.network.out.bias += 3
    np.testing.assert_allclose(predictor.run(image), torch_map(tiny_model, image), atol=1e-5)


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_lower_precision_is_close(engine, tiny_model, image, precision) -> None:
    module = ENGINES[engine]
    if precision not in module.PRECISIONS:
        with pytest.raises(HondoError, match=r"precision 'bf16'.*fp32, fp16"):
            module.load(tiny_model, precision=precision)
        return
    predictor = module.load(tiny_model, precision=precision)
    assert predictor.precision == precision
    np.testing.assert_allclose(predictor.run(image), torch_map(tiny_model, image), rtol=0.05)


def test_an_unknown_precision_names_the_allowed_ones(engine, tiny_model) -> None:
    with pytest.raises(HondoError, match=r"'int3'.*fp32"):
        ENGINES[engine].load(tiny_model, precision="int3")


def test_an_unknown_device_is_refused(engine, tiny_model) -> None:
    with pytest.raises(HondoError, match="device 'abacus'"):
        ENGINES[engine].load(tiny_model, device="abacus")


def test_a_file_tells_all_about_itself(exporting, tiny_model, image, exported) -> None:
    path = exported[exporting]
    predictor = ENGINES[exporting].load(path)
    assert (predictor.name, predictor.kind) == ("tiny", DepthKind.SCALED_INVERSE_DEPTH)
    assert predictor.input_spec.fixed and predictor.input_spec.size_hw == (32, 64)
    assert predictor.input_spec.mean == (0, 0, 0)  # normalisation is inside
    assert predictor.weights_file == path
    assert predictor.cost == cost_of(tiny_model, size_hw=(32, 64)) and predictor.cost.macs > 0
    np.testing.assert_allclose(predictor.run(image), torch_map(tiny_model, image), atol=1e-5)
    assert b"Apache-2.0" in path.read_bytes()


def test_a_fixed_file_refuses_another_size_with_the_remedy(exporting, image, exported) -> None:
    predictor = ENGINES[exporting].load(exported[exporting])
    with pytest.raises(HondoError, match=r"1x3x32x64, not 1x3x16x64.*dynamic=True"):
        predictor.run(image[:, :, :16])


def test_a_dynamic_file_takes_any_size(exporting, tiny_model, image, tmp_path) -> None:
    module = ENGINES[exporting]
    predictor = module.load(module.export(tiny_model, tmp_path / f"net{module.SUFFIX}", dynamic=True))
    assert not predictor.input_spec.fixed
    for shown in (image, image[:, :, :16], np.concatenate([image, image])):
        np.testing.assert_allclose(predictor.run(shown), torch_map(tiny_model, shown), atol=1e-5)


def test_a_damaged_file_is_refused(exporting, exported, tmp_path) -> None:
    path = tmp_path / exported[exporting].name
    path.write_bytes(exported[exporting].read_bytes()[:100])
    path.with_suffix(".bin").touch()
    with pytest.raises(HondoError, match=str(path)):
        ENGINES[exporting].load(path)
