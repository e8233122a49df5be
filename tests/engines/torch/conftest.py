"""What the compiling engines share."""

from collections.abc import Iterator

import pytest

from tests.engines.torch.compiled import quick_compiling


@pytest.fixture
def quick_compiler() -> Iterator[None]:
    with quick_compiling():
        yield
