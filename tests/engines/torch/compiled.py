"""What tests of the compiling engines share: a quicker compiler, and a package of the tiny model."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hondo.core.cache import cache_folder
from hondo.engines.base.engine import ExportOptions
from hondo.engines.torch.aot_inductor import ENGINE
from tests.engines.conftest import build_tiny_model


@contextmanager
def quick_compiling() -> Iterator[None]:
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


def tiny_package() -> Path:
    """The tiny model in a .pt2, compiled once a run of the tests."""
    path = cache_folder("tests") / "tiny.pt2"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with quick_compiling():
            ENGINE.export(build_tiny_model(), path, ExportOptions(licence="MIT", device="cpu"))
    return path
