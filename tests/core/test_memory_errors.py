import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.memory_errors import NotEnoughMemoryError, is_out_of_memory, memory_errors_explained


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes. Error code 12"),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
        Exception("onnxruntime/core/framework/bfc_arena.cc:376 Failed to allocate memory for requested buffer"),
        RuntimeError("std::bad_alloc"),
    ],
)
def test_every_report_of_too_little_memory_is_one_error(error):
    message = "not enough memory for this size and batch; lower size_hw"
    with pytest.raises(NotEnoughMemoryError, match=message), memory_errors_explained("lower size_hw"):
        raise error


def test_numpy_and_other_errors():
    with pytest.raises(MemoryError) as seen:
        np.empty(2**60, np.uint8)
    assert is_out_of_memory(seen.value)
    assert not is_out_of_memory(HondoError("lower it: out of memory")) and not is_out_of_memory(ValueError("shape"))
    with pytest.raises(ValueError, match="shape"), memory_errors_explained("lower size_hw"):
        raise ValueError("shape")
