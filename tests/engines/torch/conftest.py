"""What the compiling engines share."""

from collections.abc import Iterator

import pytest


@pytest.fixture
def quick_compiler() -> Iterator[None]:
    """PyTorch's compiler without trials of vector instructions and precompiled headers: a third of the time."""
    from torch._inductor import config

    quick = {
        "cpp.vec_isa_ok": False,
        "cpp_cache_precompile_headers": False,
        "aot_inductor.precompile_headers": False,
        "aot_inductor.compile_wrapper_opt_level": "O0",
    }
    with config.patch(quick):
        yield
