"""Memory and file sizes: what was held is seen, also when it was freed."""

import numpy as np

from hondo.evaluate.speed.memory import PeakMemory, file_size_mib


def test_peak_memory_sees_what_was_held_and_freed() -> None:
    memory = PeakMemory("cpu")
    before = memory.mib()
    block = np.ones(256 * 2**20, dtype=np.uint8)  # far more than a system takes back meanwhile
    del block
    assert memory.mib() - before > 150


def test_an_openvino_file_counts_with_its_weights(tmp_path) -> None:
    (tmp_path / "n.xml").write_bytes(bytes(2**20))
    (tmp_path / "n.bin").write_bytes(bytes(2**21))
    assert file_size_mib(tmp_path / "n.xml") == 3
    assert file_size_mib(None) is None
