"""Depth of files by name: numbers that are refused before anything is loaded, and the warnings."""

import pytest

from hondo.core.errors import HondoError
from hondo.engines.load import ModelSettings
from hondo.video.predict.outputs import OutputConfig
from hondo.video.predict.predict_sources import predict_files


@pytest.mark.parametrize("options", [{"max_megapixels": 0.0}, {"limit": 0}])
def test_refuses_numbers(album, tmp_path, options: dict) -> None:
    with pytest.raises(HondoError, match=f"{next(iter(options))} must be positive"):
        next(
            predict_files(
                [str(album)], model="hondo-nano", settings=ModelSettings(), output=OutputConfig(out=tmp_path), **options
            )
        )
