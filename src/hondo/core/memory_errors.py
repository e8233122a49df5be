"""Too little memory, whoever reports it, as one error that says what to lower."""

from collections.abc import Iterator
from contextlib import contextmanager

from hondo.core.errors import HondoError

# What PyTorch, ONNX Runtime, OpenVINO, OpenCV and the C++ library say; none has a type of its own everywhere.
_PHRASES = (
    "can't allocate memory",
    "cannot allocate memory",
    "failed to allocate memory",
    "failed to allocate",
    "out of memory",
    "outofmemory",
    "bad_alloc",
    "bad allocation",
    "bfc_arena",
    "insufficient memory",
    "unable to allocate",
)


class NotEnoughMemoryError(HondoError):
    """There is too little memory for this size and batch."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory could not be had."""
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    return not isinstance(error, HondoError) and any(phrase in text for phrase in _PHRASES)


@contextmanager
def memory_errors_explained(remedy: str, *, field: str = "size_hw") -> Iterator[None]:
    """Raises NotEnoughMemoryError, which names ``remedy`` and the ``field`` in it, where too little is reported."""
    try:
        yield
    except Exception as error:
        if is_out_of_memory(error):
            raise NotEnoughMemoryError(f"not enough memory for this size and batch; {remedy}", field=field) from error
        raise
