"""Depth of files by name: numbers that are refused before anything is loaded, and the warnings."""

import pytest
from hondo.engines.model_settings import ModelSettings
from hondo.video.predict.predict_files import predict_files

from hondo.core.errors import HondoError
from hondo.video.predict.outputs import OutputConfig


@pytest.mark.parametrize("options", [{"max_megapixels": 0.0}, {"limit": 0}])
def test_refuses_numbers(album, tmp_path, options: dict) -> None:
    with pytest.raises(HondoError, match=f"{next(iter(options))} must be positive"):
        predict_files(
            [str(album)], model="hondo-nano", settings=ModelSettings(), output=OutputConfig(out=tmp_path), **options
        )
