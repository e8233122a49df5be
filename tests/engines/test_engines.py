"""Every engine of the table: the same map as torch, the file says what it is, wrong use is refused."""

from pathlib import Path

import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, Predictor
from hondo.engines.autoselect import is_installed
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


@pytest.fixture(scope="module")
def exported(tiny_model, tmp_path_factory) -> dict[str, Path]:
    """One fixed-size file of each engine, made once: an export takes about a second."""
    folder = tmp_path_factory.mktemp("exported")
    made = {}
    for name in EXPORTING:
        if is_installed(name):
            module = ENGINES[name]
            made[name] = module.export(tiny_model, folder / f"net{module.SUFFIX}", licence="Apache-2.0")
    return made


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).random((1, 3, 32, 64), dtype=np.float32)


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
    with pytest.raises(HondoError, match="--device 'abacus'"):
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
    with pytest.raises(HondoError, match=r"1x3x32x64, not 1x3x16x64.*--dynamic"):
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


def test_an_onnx_file_of_others_is_refused(tmp_path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    numbers = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in "xy"]
    graph = onnx.helper.make_graph([onnx.helper.make_node("Abs", ["x"], ["y"])], "g", numbers[:1], numbers[1:])
    stranger = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=9)
    onnx.save_model(stranger, tmp_path / "other.onnx")
    with pytest.raises(HondoError, match=r"other\.onnx: has no hondo metadata"):
        ENGINES["onnx_runtime"].load(tmp_path / "other.onnx")


def test_an_onnx_graph_of_another_form_is_refused_whatever_its_header_says(exported, tmp_path) -> None:
    onnx = pytest.importorskip("onnx")
    path = tmp_path / "other.onnx"
    model = onnx.load(exported["onnx_runtime"])
    model.graph.output.append(model.graph.output[0])
    model.graph.output[1].name = model.graph.node[0].output[0]
    onnx.save_model(model, path)
    with pytest.raises(HondoError, match=r"other\.onnx is no depth network of hondo's form"):
        ENGINES["onnx_runtime"].load(path)


def test_an_onnx_file_of_a_later_opset_is_refused_in_a_few_words(exported, tmp_path) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(exported["onnx_runtime"])
    model.opset_import[0].version = 99
    onnx.save_model(model, tmp_path / "later.onnx")
    with pytest.raises(HondoError, match=r"later\.onnx: ONNX Runtime cannot read it \([^/:]*[Oo]pset"):
        ENGINES["onnx_runtime"].load(tmp_path / "later.onnx")


def test_bf16_files_run_in_bf16(tiny_model, tmp_path) -> None:
    pytest.importorskip("openvino")
    module = ENGINES["openvino_ir"]
    predictor = module.load(module.export(tiny_model, tmp_path / "net.xml", precision="bf16"))
    assert predictor.precision == "bf16"


def test_an_onnx_file_keeps_its_precision(tiny_model, exported, tmp_path) -> None:
    pytest.importorskip("onnxscript")
    module = ENGINES["onnx_runtime"]
    path = module.export(tiny_model, tmp_path / "net.onnx", precision="fp16")
    assert module.load(path).precision == "fp16"
    with pytest.raises(HondoError, match="exported in fp32; export it again with --precision fp16"):
        module.load(exported["onnx_runtime"], precision="fp16")
