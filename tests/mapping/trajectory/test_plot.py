"""The figure of a path is written, with and without a true one."""

from hondo.images.read import read_image
from hondo.mapping.trajectory.plot import plot_trajectory
from tests.mapping.trajectory.test_trajectory import path


def test_a_figure_is_written(tmp_path) -> None:
    image = read_image(plot_trajectory(path(), tmp_path, unit="m"))
    assert image.std() > 5 and (tmp_path / "trajectory.svg").exists()
