"""Laws of cameras, geometry, codecs and splits, each with many random examples.

python benchmarks/campaigns/properties.py --json
"""

import io
import math
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from campaign import Options, Tally, main

from hondo.core.types import ASPECT_TOLERANCE, Camera, DepthKind, DepthMap
from hondo.geometry.depth_units import invert_depth
from hondo.geometry.pose import T_from_axis_angle, invert_pose
from hondo.images.depth_file import png16_bytes, png_scale, read_png16
from hondo.images.formats.pfm import read_pfm, write_pfm
from hondo.images.placement import place_into
from hondo.images.read import encode_image, read_image
from hondo.train.loop.state_file import from_bytes, to_bytes

Draw = np.random.Generator


def camera(rng: Draw) -> Camera:
    height, width = int(rng.integers(1, 3000)), int(rng.integers(1, 3000))
    fx, fy = np.exp(rng.uniform(0, 9, 2))
    return Camera(fx=fx, fy=fy, cx=rng.uniform(0, width), cy=rng.uniform(0, height), size_hw=(height, width))


def resizing_keeps_rays(rng: Draw) -> bool:
    """A point at a fraction of the image is seen along the same ray at every size."""
    one = camera(rng)
    other = one.resized((int(rng.integers(1, 3000)), int(rng.integers(1, 3000))))
    u, v = rng.uniform(0, 1, 2)
    rays = [
        ((u * each.size_hw[1] - each.cx) / each.fx, (v * each.size_hw[0] - each.cy) / each.fy) for each in (one, other)
    ]
    return bool(np.allclose(*rays, rtol=1e-9, atol=1e-9))


def flipping_twice_is_nothing(rng: Draw) -> bool:
    one = camera(rng)
    back = one.flipped().flipped()
    return math.isclose(back.cx, one.cx, rel_tol=1e-9, abs_tol=1e-6) and back.fx == one.fx


def matrices_come_back(rng: Draw) -> bool:
    one = camera(rng)
    return Camera.from_K(one.K, size_hw=one.size_hw) == one


def inverse_depth_is_its_own_inverse(rng: Draw) -> bool:
    depth = np.exp(rng.uniform(-8, 8, (5, 7))).astype(np.float32)
    depth[rng.random((5, 7)) < 0.2] = np.nan
    return bool(np.allclose(invert_depth(invert_depth(depth)), depth, rtol=1e-6, equal_nan=True))


def poses_undo_each_other(rng: Draw) -> bool:
    vectors = torch.from_numpy(rng.normal(0, 2, (2, 1, 3)).astype(np.float32))
    pose = T_from_axis_angle(vectors[0], vectors[1])
    return bool(torch.allclose(pose @ invert_pose(pose), torch.eye(4), atol=1e-4))


def png16_keeps_depth(rng: Draw) -> bool:
    """Within half a step of the stored integers, NaN where nothing was known."""
    values = rng.uniform(0.1, 200, (6, 9)).astype(np.float32)
    values[rng.random((6, 9)) < 0.1] = np.nan
    depth_map = DepthMap(values=values, kind=DepthKind.METRIC_DEPTH)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.png"
        path.write_bytes(png16_bytes(depth_map, scale=png_scale(depth_map)))
        back = read_png16(path).values
    return bool(np.allclose(back, values, atol=0.5001 / 256, rtol=1e-6, equal_nan=True))


def pfm_is_exact(rng: Draw) -> bool:
    values = rng.normal(0, 1e3, (int(rng.integers(1, 9)), int(rng.integers(1, 9)))).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.pfm"
        write_pfm(path, values)
        return bool(np.array_equal(read_pfm(io.BytesIO(path.read_bytes()), name="a"), values))


def png_is_exact(rng: Draw) -> bool:
    pixels = rng.integers(0, 256, (int(rng.integers(1, 20)), int(rng.integers(1, 20)), 3), dtype=np.uint8)
    return bool(np.array_equal(read_image(encode_image(pixels, suffix=".png")), pixels))


def states_come_back(rng: Draw) -> bool:
    tree = {"a": [int(rng.integers(-(2**62), 2**62)), float(rng.normal()), None, True, "ü"], 3: (torch.rand(2, 3), {})}
    back = from_bytes(to_bytes(tree), name="state")
    return back["a"] == tree["a"] and torch.equal(back[3][0], tree[3][0]) and back[3][1] == {}


def images_fit_where_they_are_placed(rng: Draw) -> bool:
    """A letterboxed image lies inside the network's input, with its aspect kept, as far as aspects count as one."""
    size, network = rng.integers(1, 4000, 2), rng.integers(1, 40, 2) * 32
    content = place_into((int(size[0]), int(size[1])), (int(network[0]), int(network[1]))).content_hw
    scale = min(network[0] / size[0], network[1] / size[1])
    fits = all(1 <= side <= most for side, most in zip(content, network, strict=True))
    sides = zip(content, size, network, strict=True)
    return fits and all(
        abs(side - max(1, scale * full)) <= max(1, ASPECT_TOLERANCE * most) for side, full, most in sides
    )


LAWS: tuple[Callable[[Draw], bool], ...] = (
    resizing_keeps_rays, flipping_twice_is_nothing, matrices_come_back, inverse_depth_is_its_own_inverse,
    poses_undo_each_other, png16_keeps_depth, pfm_is_exact, png_is_exact, states_come_back,
    images_fit_where_they_are_placed,
)  # fmt: skip


def run(options: Options) -> Tally:
    """``count`` examples of each law."""
    warnings.simplefilter("ignore")
    tally = Tally()
    for place, law in enumerate(LAWS):
        for number in range(options.count):
            if options.is_over:
                break
            try:
                holds = law(np.random.default_rng([options.seed, place, number]))
            except Exception as error:  # every error is a counterexample
                tally.fault(f"{law.__name__}, example {number}: {error!r}")
                continue
            tally.count("holds") if holds else tally.fault(f"{law.__name__}, example {number}")
    return tally


if __name__ == "__main__":
    asks = "10,000 examples of each law without a counterexample"
    main("properties", run, asks=asks, count=10_000, quick=40, each=len(LAWS))
