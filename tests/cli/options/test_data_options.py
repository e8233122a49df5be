"""The progress bar of the commands that read a data set."""

import pytest

from hondo.cli.options.data_options import progress_bar


def test_without_a_terminal_the_bar_only_passes_the_indices_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress_bar([3, 1, 2], text="Images")) == [3, 1, 2]
    assert capsys.readouterr().out == "", "stdout is for results"
