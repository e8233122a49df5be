"""The clip of the demo, cut to nine frames."""

from pathlib import Path

import pytest

from hondo.recipes.demo.demo_clip import DemoClip, open_clip
from hondo.recipes.demo.demo_config import DemoConfig, quick


@pytest.fixture
def config(tmp_path: Path) -> DemoConfig:
    return quick(DemoConfig(out=tmp_path, weights="random"))


@pytest.fixture
def clip(config: DemoConfig) -> DemoClip:
    return open_clip(config)
