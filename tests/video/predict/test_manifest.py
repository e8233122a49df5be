"""predictions.json: valid however the run ends."""

import json

import pytest

from hondo.video.predict.manifest import Item, PredictionsFile, RunInfo

INFO = RunInfo(model="m", weights_sha256=None, engine="pytorch", precision="fp32")


def read(folder) -> dict:
    return json.loads((folder / "predictions.json").read_text())


@pytest.mark.parametrize("count", [0, 1, 3])
def test_items_in_order(tmp_path, count) -> None:
    with PredictionsFile(tmp_path, INFO) as predictions:
        for number in range(count):
            predictions.add(Item(source=f'{number} "quoted".png', factor=0.1))
    stored = read(tmp_path)
    assert list(stored) == ["model", "weights_sha256", "engine", "precision", "items"]
    assert [item["source"] for item in stored["items"]] == [f'{number} "quoted".png' for number in range(count)]
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.json"]


def test_an_item_has_the_keys_of_the_interface(tmp_path) -> None:
    with PredictionsFile(tmp_path, INFO) as predictions:
        predictions.add(Item(source="a"))
    assert list(read(tmp_path)["items"][0]) == [
        "source", "png", "kind", "unit", "factor", "offset", "width", "height", "network_size_hw", "time_s",
        "milliseconds", "error",
    ]  # fmt: skip


def test_an_interrupted_run_leaves_a_valid_file(tmp_path) -> None:
    with pytest.raises(KeyboardInterrupt), PredictionsFile(tmp_path, INFO) as predictions:
        predictions.add(Item(source="a"))
        raise KeyboardInterrupt
    assert [item["source"] for item in read(tmp_path)["items"]] == ["a"]


def test_a_run_that_fails_at_once_keeps_the_file_of_an_earlier_one(tmp_path) -> None:
    with PredictionsFile(tmp_path, INFO) as predictions:
        predictions.add(Item(source="a"))
    with pytest.raises(ValueError, match="camera"), PredictionsFile(tmp_path, INFO):
        raise ValueError("camera of another image")
    assert [item["source"] for item in read(tmp_path)["items"]] == ["a"]
    assert len(list(tmp_path.iterdir())) == 1
