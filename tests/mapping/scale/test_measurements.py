"""Each kind of measurement finds the factor of a model that is off by a known one."""

import cv2
import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.predictor import NetworkPredictor
from hondo.images.read import write_image
from hondo.mapping.scale.measurements import MEASUREMENTS, Measuring
from tests.mapping.textured_room import CAMERA, HALF, circle, texture, view, walk, write_walk

OFF = 0.25  # inverse depth of the model over 1/metres: the factor is 4
K = f"{CAMERA.fx},{CAMERA.fy},{CAMERA.cx},{CAMERA.cy}"


def oracle_of(images, depths) -> NetworkPredictor:
    """A predictor that knows the true inverse depth of some images, times ``OFF``."""
    known = {image.tobytes(): OFF / depth for image, depth in zip(images, depths, strict=True)}

    def run(network_input: np.ndarray) -> np.ndarray:
        pixels = np.rint(255 * network_input[0]).astype(np.uint8).transpose(1, 2, 0)
        return known[np.ascontiguousarray(pixels).tobytes()][None, None]

    return NetworkPredictor(
        name="oracle", kind=DepthKind.SCALED_INVERSE_DEPTH, input_spec=InputSpec(size_hw=CAMERA.size_hw), network=run,
        engine="torch", precision="fp32",
    )  # fmt: skip


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    poses = circle(12, turn=0.6)
    images, depths = walk(poses)
    return write_walk(tmp_path_factory.mktemp("walk"), poses), oracle_of(images, depths), images, depths, poses


def factors(name: str, value: object, images: object, oracle: NetworkPredictor, **more) -> list[float]:
    measuring = Measuring(
        value=str(value), images=str(images), predictor=oracle, **{"camera": K, "divide_by": 1000.0, "fps": 10.0} | more
    )
    return [factor.value for factor in MEASUREMENTS[name](measuring)]


def test_lidar(clip, tmp_path) -> None:
    folder, oracle, _, depths, _ = clip
    random = np.random.default_rng(0)
    for number in (0, 4, 8):
        sparse = np.where(random.random(depths[number].shape) < 0.05, 1000 * depths[number], 0)
        (tmp_path / "lidar").mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / "lidar" / f"{number:04d}.png"), sparse.astype(np.uint16))
    found = factors("lidar", tmp_path / "lidar", folder / "images", oracle)
    assert len(found) == 3 and np.allclose(found, 4, rtol=1e-2)


def test_speed_and_track(clip, tmp_path) -> None:
    folder, oracle, _, _, poses = clip
    way = np.linalg.norm(np.diff(poses[:, :3, 3], axis=0), axis=1).sum()
    speed = way / 1.1  # twelve images at ten a second
    assert np.median(factors("speed", speed, folder, oracle)) == pytest.approx(4, rel=0.05)
    (tmp_path / "speed.csv").write_text(f"0,{speed}\n2,{speed}\n")
    assert np.median(factors("speed", tmp_path / "speed.csv", folder, oracle)) == pytest.approx(4, rel=0.05)
    assert np.median(factors("track", folder / "poses.txt", folder, oracle)) == pytest.approx(4, rel=0.05)
    (tmp_path / "speed.csv").write_text("2,1\n1,1\n")
    with pytest.raises(HondoError, match="go back or repeat"):
        factors("speed", tmp_path / "speed.csv", folder, oracle)


def test_points_and_objects(clip, tmp_path) -> None:
    folder, oracle, _, depths, _ = clip
    one = folder / "images" / "0000.png"
    assert factors("known", f"100,120,{depths[0][120, 100]}", one, oracle) == pytest.approx([4], rel=0.02)
    (tmp_path / "points.txt").write_text(
        f"0000.png 100 120 {depths[0][120, 100]}\n0003.png 50 60 {depths[3][60, 50]}\n"
    )
    assert factors("points", tmp_path / "points.txt", folder / "images", oracle) == pytest.approx([4, 4], rel=0.02)
    ends = [depths[0][y, x] * np.array([(x - CAMERA.cx) / CAMERA.fx, (y - CAMERA.cy) / CAMERA.fy, 1])
            for x, y in ((60, 100), (200, 90))]  # fmt: skip
    length = np.linalg.norm(ends[0] - ends[1])
    assert factors("object", f"60,100,200,90,{length}", one, oracle) == pytest.approx([4], rel=0.02)
    with pytest.raises(HondoError, match="outside of the image"):
        factors("object", "60,100,900,90,1", one, oracle)
    with pytest.raises(HondoError, match=r"x1,y1,x2,y2,metres"):
        factors("object", "60,100", one, oracle)


def test_height_and_baseline(tmp_path) -> None:
    walls = [texture(seed) for seed in range(6)]
    down = np.eye(4)
    down[:3, :3] = cv2.Rodrigues(np.array([-0.45, 0.0, 0.0]))[0]  # the floor fills the lower half
    right = down.copy()
    right[:3, 3] = down[:3, :3] @ (0.1, 0, 0)
    (image, depth), (other, _) = view(down, walls), view(right, walls)
    write_image(tmp_path / "left" / "0.png", image)
    write_image(tmp_path / "right" / "0.png", other)
    oracle = oracle_of([image], [depth])
    assert factors("height", HALF[1], tmp_path / "left", oracle) == pytest.approx([4], rel=0.03)
    assert factors("baseline", 0.1, tmp_path, oracle) == pytest.approx([4], rel=0.05)
    with pytest.raises(HondoError, match="positive number"):
        factors("height", -1, tmp_path / "left", oracle)
    with pytest.raises(HondoError, match="give camera or fov"):
        factors("height", 1, tmp_path / "left", oracle, camera=None)
