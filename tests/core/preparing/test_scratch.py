"""What a run has while it prepares: found inside of it only, its ends called in any case."""

from pathlib import Path

import pytest

from hondo.core.preparing.scratch import scratch, scratch_of_run


def test_it_is_there_inside_of_a_run_only(tmp_path: Path):
    ended = []
    assert scratch() is None
    with pytest.raises(RuntimeError), scratch_of_run(tmp_path, seconds=0.0) as made:
        assert scratch() is made and made.folder == tmp_path and made.is_late and made.seconds_used >= 0
        made.at_end(ended.append, "first")
        made.at_end(ended.append, "second")
        raise RuntimeError
    assert scratch() is None and ended == ["second", "first"]


def test_without_a_limit_it_is_never_late():
    with scratch_of_run(None) as made:
        assert not made.is_late
