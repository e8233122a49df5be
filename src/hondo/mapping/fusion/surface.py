"""The coloured mesh of a volume: marching cubes (Lorensen & Cline 1987), a few blocks at a time."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, UInt8

from hondo.core.errors import HondoError, MissingExtraError
from hondo.mapping.fusion.volume import SIDE, Volume

CHUNK = 8  # blocks a side that are meshed together
LEAST_WEIGHT = 2.0  # images that must have seen a voxel
LEAST_SHARE = 0.01  # of the largest connected piece: smaller ones are noise


@dataclass(frozen=True, kw_only=True)
class Mesh:
    """Triangles with a colour at each vertex, in the unit and the frame of the volume."""

    vertices: Float[np.ndarray, "n 3"]
    faces: Int[np.ndarray, "m 3"]
    colours: UInt8[np.ndarray, "n 3"]


def mesh_of(volume: Volume, *, least_weight: float = LEAST_WEIGHT) -> Mesh:
    """The surface where enough images agree; HondoError where there is none."""
    try:
        from skimage.measure import marching_cubes
    except ImportError as error:
        raise MissingExtraError("scikit-image", extra="mapping") from error
    row = {tuple(block): number for number, block in enumerate(volume.blocks.tolist())}
    vertices, faces, colours, count = [], [], [], 0
    for corner in np.unique(np.floor_divide(volume.blocks, CHUNK), axis=0) * CHUNK:
        distance, colour = _dense(volume, corner, row, least_weight)
        if not (np.nanmin(distance, initial=1) < 0 < np.nanmax(distance, initial=-1)):
            continue
        points, triangles, _, _ = marching_cubes(distance, level=0.0)
        triangles = triangles[np.isfinite(points).all(1)[triangles].all(1)]
        used, triangles = np.unique(triangles, return_inverse=True)
        points = points[used]
        at = np.clip(np.rint(points).astype(int), 0, np.array(distance.shape) - 1)
        vertices.append((corner * SIDE + points + 0.5) * volume.voxel)
        colours.append(colour[tuple(at.T)])
        faces.append(triangles.reshape(-1, 3) + count)
        count += len(points)
    if not count:
        raise HondoError("no surface: too few images see the same places; give more images, or a larger voxel")
    mesh = Mesh(vertices=np.concatenate(vertices), faces=np.concatenate(faces), colours=np.concatenate(colours))
    return _large_pieces(_merged(mesh, volume.voxel))


def _dense(volume: Volume, corner: Int[np.ndarray, "3"], row: dict, least_weight: float):
    """Distance and colour of a cube of blocks and one voxel more on each axis; NaN where too few images look."""
    side = (CHUNK + 1) * SIDE
    distance = np.full((side,) * 3, np.nan, np.float32)
    colour = np.zeros((side,) * 3 + (3,), np.uint8)
    for offset in np.ndindex(*(CHUNK + 1,) * 3):
        number = row.get(tuple((corner + offset).tolist()))
        if number is None:
            continue
        place = tuple(slice(each * SIDE, (each + 1) * SIDE) for each in offset)
        known = volume.weight[number] >= least_weight
        distance[place] = np.where(known, volume.distance[number], np.nan).reshape((SIDE,) * 3)
        colour[place] = np.clip(volume.colour[number], 0, 255).astype(np.uint8).reshape((SIDE,) * 3 + (3,))
    end = CHUNK * SIDE + 1
    return distance[:end, :end, :end], colour[:end, :end, :end]


def _merged(mesh: Mesh, voxel: float) -> Mesh:
    """With one vertex for those that neighbouring cubes share."""
    _, first, number = np.unique(
        np.rint(mesh.vertices / (1e-3 * voxel)).astype(np.int64), axis=0, return_index=True, return_inverse=True
    )
    faces = number.reshape(-1)[mesh.faces]
    is_flat = (faces == np.roll(faces, 1, axis=1)).any(1)
    return Mesh(vertices=mesh.vertices[first], faces=faces[~is_flat], colours=mesh.colours[first])


def _large_pieces(mesh: Mesh) -> Mesh:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    a, b = mesh.faces[:, [0, 1, 2]].ravel(), mesh.faces[:, [1, 2, 0]].ravel()
    graph = coo_matrix((np.ones(len(a), bool), (a, b)), shape=(len(mesh.vertices),) * 2)
    _, piece = connected_components(graph, directed=False)
    of_face = piece[mesh.faces[:, 0]]
    size = np.bincount(of_face, minlength=piece.max() + 1)
    faces = mesh.faces[(size >= LEAST_SHARE * size.max())[of_face]]
    used, faces = np.unique(faces, return_inverse=True)
    return Mesh(vertices=mesh.vertices[used], faces=faces.reshape(-1, 3), colours=mesh.colours[used])
