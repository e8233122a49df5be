"""The mesh is one piece across the cubes it was made in, without the specks around it."""

import numpy as np
import pytest

from hondo.mapping.fusion.surface import CHUNK, mesh_of
from hondo.mapping.fusion.volume import SIDE, Volume


def ball(radius: float, *, speck: bool = False) -> Volume:
    """The distance field of a ball that reaches over several cubes of blocks."""
    volume = Volume(1.0)
    reach = int(np.ceil((radius + 4) / SIDE))
    blocks = np.stack(np.meshgrid(*[np.arange(-reach, reach)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    rows = volume._rows(blocks)
    away = np.linalg.norm(volume.centres(rows), axis=-1) - radius
    if speck:
        away = np.minimum(away, np.linalg.norm(volume.centres(rows) - (radius + 3.5), axis=-1) - 0.8)
    volume.distance[:], volume.weight[:] = np.clip(away / 4, -1, 1), 5
    return volume


@pytest.mark.parametrize("speck", [False, True])
def test_a_ball_is_closed_and_as_large_as_it_is(speck: bool) -> None:
    pytest.importorskip("skimage")
    mesh = mesh_of(ball(12.0, speck=speck))
    assert CHUNK * SIDE > 12  # it lies in the eight cubes around the origin
    np.testing.assert_allclose(np.linalg.norm(mesh.vertices, axis=1), 12, atol=0.1)
    edges = np.sort(mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()  # closed: each edge has two faces
