"""NetworkPredictor: what it takes, what it gives back, and what it refuses. The network here is plain NumPy."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hondo.core.errors import HondoError
from hondo.core.predictor_protocol import Predictor
from hondo.core.types import Camera, DepthKind, InputSpec
from hondo.engines.base.predictor import NetworkPredictor


def predictor(run=None, **changes) -> NetworkPredictor:
    """Gives the red channel as inverse depth."""
    fields = {
        "name": "red", "kind": DepthKind.SCALED_INVERSE_DEPTH,
        "input_spec": InputSpec(size_hw=(32, 64), multiple_of=16),
        "network": run or (lambda image: image[:, :1]), "engine": "numpy", "precision": "fp32",
    }  # fmt: skip
    return NetworkPredictor(**fields | changes)


@pytest.fixture
def image() -> np.ndarray:
    ramp = np.tile(np.linspace(0, 255, 128).astype(np.uint8), (64, 1))
    return np.stack([ramp, ramp // 2, 255 - ramp], axis=-1)


def test_the_map_has_the_images_size_and_keeps_the_image(image) -> None:
    depth_map = predictor()(image)
    assert depth_map.values.shape == (64, 128) and depth_map.values.dtype == np.float32
    assert depth_map.kind is DepthKind.SCALED_INVERSE_DEPTH
    assert depth_map.image_rgb is image  # not copied
    np.testing.assert_allclose(depth_map.values, image[..., 0] / 255, atol=0.02)


def test_array_pil_and_path_are_the_same(image, tmp_path) -> None:
    path = tmp_path / "p.png"
    Image.fromarray(image).save(path)
    wanted = predictor()(image).values
    for given in (Image.fromarray(image), path, str(path)):
        np.testing.assert_array_equal(predictor()(given).values, wanted)


def test_a_turned_pil_image_is_set_upright(image) -> None:
    turned = Image.fromarray(np.ascontiguousarray(np.rot90(image)))
    turned.getexif()[0x0112] = 6  # shown turned by 90 degrees clockwise
    assert predictor()(turned).values.shape == (64, 128)


def test_a_fixed_size_letterboxes(image) -> None:
    seen = []

    def run(shown: np.ndarray) -> np.ndarray:
        seen.append(shown.shape)
        return shown[:, :1]

    spec = InputSpec(size_hw=(64, 64), multiple_of=16, fixed=True)
    depth_map = predictor(run, input_spec=spec)(image)
    assert seen == [(1, 3, 64, 64)]
    np.testing.assert_allclose(depth_map.values, image[..., 0] / 255, atol=0.02)


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (np.zeros((4, 4), np.uint8), r"uint8 \(4, 4\)"),
        (np.zeros((4, 4, 3), np.float32), "float32"),
        (np.zeros((4, 4, 4), np.uint8), r"\(4, 4, 4\)"),
        (np.zeros((0, 4, 3), np.uint8), r"\(0, 4, 3\)"),
        (None, "NoneType"),
        ([1, 2], "list"),
    ],
)
def test_what_is_no_image_is_refused(image, said) -> None:
    with pytest.raises(HondoError, match=said):
        predictor()(image)


def test_values_that_are_not_finite_are_refused(image) -> None:
    with pytest.raises(HondoError, match="not finite; use precision fp32"):
        predictor(lambda shown: np.full_like(shown[:, :1], np.nan))(image)


def test_the_camera_is_scaled_to_the_image(image) -> None:
    camera = Camera(fx=200, fy=210, cx=128, cy=64, size_hw=(128, 256))
    depth_map = predictor(camera=camera)(image)
    assert depth_map.camera == camera.resized((64, 128))
    assert predictor()(image).camera is None


def test_a_session_uses_its_own_camera(image) -> None:
    camera = Camera.from_fov(60, size_hw=(64, 128))
    served = predictor(camera=Camera.from_fov(90, size_hw=(64, 128)))
    assert served.start(camera)(image).camera == camera
    assert served.start()(image).camera == served.camera


def test_prepare_run_and_finish_are_a_call(image) -> None:
    network = predictor(camera=Camera.from_fov(60, size_hw=(64, 128)))
    prepared = network.prepare(image)
    assert prepared.network_input.shape == (1, 3, 32, 64) and prepared.image_hw == (64, 128)
    given, wanted = network.finish(prepared, network.run(prepared.network_input)[0]), network(image)
    np.testing.assert_array_equal(given.values, wanted.values)
    assert given.image_rgb is image and given.camera == wanted.camera == network.camera


def test_a_map_of_another_size_without_the_image(image) -> None:
    network = predictor()
    camera = Camera.from_fov(60, size_hw=(64, 128))
    prepared = network.prepare(image, camera=camera, keep_image=False)
    depth_map = network.finish(prepared, network.run(prepared.network_input)[0], size_hw=(16, 32))
    assert depth_map.size_hw == (16, 32) and depth_map.image_rgb is None
    assert depth_map.camera == camera.resized((16, 32))


def test_warm_runs_the_network_at_the_size_of_an_image() -> None:
    sizes = []
    network = predictor(lambda image: (sizes.append(image.shape[2:]), image[:, :1])[1])
    assert network.warm() == (32, 64)
    network.warm((64, 64), exclusive=False)
    network.warm((64, 64))  # it is warm already
    queue = network.queue()
    network.warm((128, 64), queue=queue)
    queue.close()
    assert sizes == [(32, 64), network.network_size((64, 64)), network.network_size((128, 64))]


def test_other_sizes_of_the_same_network() -> None:
    network = predictor()
    larger = network.at_size((64, 128))
    assert larger.network_size((64, 128)) == (64, 128) and larger.network is network.network
    random = np.random.default_rng(0)
    common = network.with_common_sizes()
    assert len({common.network_size(tuple(random.integers(10, 3000, 2).tolist())) for _ in range(300)}) <= 8


def test_it_is_a_predictor_of_core() -> None:
    assert isinstance(predictor(), Predictor)


def test_close_releases() -> None:
    released = []
    predictor(release=lambda: released.append(Path())).close()
    assert released == [Path()]


def frames_predictor(seen: list) -> NetworkPredictor:
    """Tells what it was given; the answer is how many frames it saw."""

    def run(image: np.ndarray, *previous_and_K: np.ndarray) -> np.ndarray:
        seen.append((image, *previous_and_K))
        return np.full_like(image[:, :1], 1 + previous_and_K[0].shape[1] if previous_and_K else 1)

    return predictor(run, num_previous=2)


CAMERA = Camera(fx=100, fy=100, cx=64, cy=32, size_hw=(64, 128))


def test_a_session_holds_the_frames_before_the_newest_first(image) -> None:
    seen: list = []
    session = frames_predictor(seen).start(CAMERA)
    values = [float(session(np.full_like(image, shade)).values[0, 0]) for shade in (0, 51, 102, 153)]
    assert values == [1, 2, 3, 3]
    _, previous, K = seen[-1]
    assert previous.shape == (1, 2, 3, 32, 64)
    np.testing.assert_allclose(previous[0, :, 0, 0, 0], (0.4, 0.2), atol=1e-6)
    np.testing.assert_allclose(K[0], [[50, 0, 32], [0, 50, 16], [0, 0, 1]])  # of the network's input, half the size


def test_sessions_share_nothing(image) -> None:
    network = frames_predictor([])
    first, second = network.start(CAMERA), network.start(CAMERA)
    first(image)
    assert second(image).values[0, 0] == 1 and first(image).values[0, 0] == 2
    assert network(image).values[0, 0] == 1  # the predictor itself remembers nothing


def test_matching_frames_without_a_camera_is_refused() -> None:
    with pytest.raises(HondoError, match="needs the camera's intrinsics: give camera=FILE"):
        frames_predictor([]).start()


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory"), Exception("std::bad_alloc")]
)
def test_a_failed_allocation_is_one_line_that_says_what_to_lower(image, error) -> None:
    def run(*inputs):
        raise error

    for call in (lambda: predictor(run)(image), lambda: next(predictor(run).predict_many([image]))):
        with pytest.raises(HondoError, match=r"^not enough memory .* input is 32x64: give a smaller size_hw"):
            call()
    batch = np.zeros((4, 3, 32, 64), np.float32)
    with pytest.raises(HondoError, match=r"32x64 and a batch of 4"):
        predictor(run).run(batch)


def test_other_errors_of_an_engine_stay_as_they_are(image) -> None:
    def run(*inputs):
        raise RuntimeError("shape")

    with pytest.raises(RuntimeError, match=r"^shape$"):
        predictor(run)(image)


def test_a_forked_process_is_refused(image) -> None:
    made_here = predictor()
    child = os.fork()
    if child == 0:
        try:
            made_here(image)
        except HondoError as error:
            os._exit(7 if "before this process was forked" in str(error) else 1)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert made_here(image).values.shape == (64, 128)


def test_a_queue_and_warming_up_in_a_forked_process_are_refused() -> None:
    elsewhere = predictor(process=-1)
    for call in (elsewhere.queue, elsewhere.warm, lambda: elsewhere.warm(exclusive=False)):
        with pytest.raises(HondoError, match='get_context\\("spawn"\\)'):
            call()


def test_torch_goes_on_in_a_forked_process_with_one_thread(image) -> None:
    import torch

    assert predictor(engine="torch", process=-1)(image).values.shape == (64, 128)
    assert torch.get_num_threads() == 1


def test_a_predictor_that_was_not_loaded_cannot_be_pickled() -> None:
    with pytest.raises(HondoError, match=r"not made by hondo\.load"):
        pickle.dumps(predictor())
