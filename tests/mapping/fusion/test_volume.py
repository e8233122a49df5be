"""Depth maps of a box, fused: the surface lies on its walls; memory has a limit."""

import numpy as np
import pytest

from hondo.core.errors import HondoError, HondoWarning
from hondo.mapping.fusion.surface import mesh_of
from hondo.mapping.fusion.volume import View, Volume
from tests.mapping.textured_room import CAMERA, HALF, circle, texture, view

VOXEL = 0.06


def views(count: int = 3) -> list[View]:
    walls = [texture(seed) for seed in range(6)]
    found = []
    for T in circle(count, turn=0.3):
        image, depth = view(T, walls)
        small = CAMERA.resized((96, 128))
        found.append(View(depth=depth[::2, ::2], image=image[::2, ::2], camera=small, T_world_camera=T))
    return found


@pytest.fixture(scope="module")
def volume() -> Volume:
    made = Volume(VOXEL)
    for each in views():
        made.add(each)
    return made


def test_the_surface_lies_on_the_walls_and_has_their_colours(volume: Volume) -> None:
    pytest.importorskip("skimage")
    mesh = mesh_of(volume)
    away = np.abs(HALF - np.abs(mesh.vertices)).min(axis=1)
    assert len(mesh.faces) > 500 and np.median(away) < 0.3 * VOXEL and np.percentile(away, 95) < VOXEL
    assert mesh.faces.max() == len(mesh.vertices) - 1 and mesh.colours.std() > 10


def test_a_second_look_changes_nothing_but_the_weight(volume: Volume) -> None:
    once = Volume(VOXEL)
    once.add(first := views(1)[0])
    distance, weight = once.distance.copy(), once.weight.copy()
    once.add(first)
    np.testing.assert_allclose(once.distance, distance, atol=1e-6)
    np.testing.assert_array_equal(once.weight, 2 * weight)


def test_memory_has_a_limit_and_says_so() -> None:
    small = Volume(VOXEL, max_blocks=20)
    with pytest.warns(HondoWarning, match="volume is full"):
        small.add(views(1)[0])
    assert len(small.blocks) == 20
    with pytest.raises(HondoError, match="positive side"):
        Volume(0.0)


def test_what_is_not_known_leaves_no_surface() -> None:
    pytest.importorskip("skimage")
    empty = Volume(VOXEL)
    blank = views(1)[0]
    empty.add(View(**{**vars(blank), "depth": np.full_like(blank.depth, np.nan)}))
    with pytest.raises(HondoError, match="no surface"):
        mesh_of(empty)
