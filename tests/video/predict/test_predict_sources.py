"""Reading ahead: the same items in the same order, errors in their place, a reader that stops."""

import errno
import json
import threading
import time
import weakref
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import Camera, DepthKind, DepthMap
from hondo.images.depth_file import read_png16
from hondo.images.read import write_image
from hondo.images.video_file import probe_video, read_video
from hondo.video.predict.outputs import FORMS, OutputConfig, OutputError
from hondo.video.predict.predict_sources import ahead, predict_sources
from hondo.video.sources.source_list import find_sources

EVERY = tuple(form for form in FORMS if form != "confidence")  # of a predictor without one


def test_the_same_items_in_the_same_order() -> None:
    assert list(ahead(iter(range(50)), depth=3)) == list(range(50))


def test_an_error_comes_where_its_item_would_have() -> None:
    def items():
        yield 1
        raise KeyError("two")

    reader = ahead(items())
    assert next(reader) == 1
    with pytest.raises(KeyError, match="two"):
        next(reader)


def test_no_more_than_depth_items_wait_and_closing_stops_the_reader() -> None:
    made = []

    def items():
        for number in range(1000):
            made.append(number)
            yield number

    before = threading.active_count()
    reader = ahead(items(), depth=2)
    assert next(reader) == 0
    time.sleep(0.3)
    assert len(made) <= 4  # one taken, two waiting, one in the reader's hand
    reader.close()
    assert threading.active_count() == before


@dataclass(frozen=True, kw_only=True)
class Summary:
    done: int = 0
    failed: int = 0


def predict(predictor, *texts, out, **options):
    out.mkdir(exist_ok=True)
    forms = options.pop("forms", ("png16",))
    sources = find_sources([str(text) for text in texts])
    on_progress, summary = options.pop("on_progress", lambda item: None), Summary()
    for item in predict_sources(predictor, sources, output=OutputConfig(out=out, forms=forms), **options):
        on_progress(item)
        summary = Summary(done=summary.done + (item.error is None), failed=summary.failed + (item.error is not None))
    return summary


def items(out) -> list[dict]:
    return json.loads((out / "predictions.json").read_text())["items"]


def files(out) -> list[str]:
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())


def test_images_in_every_form(red, album, tmp_path) -> None:
    out = tmp_path / "out"
    camera = Camera.from_fov(60, size_hw=(24, 48))
    summary = predict(red, album / "a.png", out=out, forms=EVERY, camera_of=lambda size_hw: camera)
    assert (summary.done, summary.failed) == (1, 0)
    assert files(out) == ["a.color.jpg", "a.depth.npy", "a.depth.png", "a.ply", "predictions.json"]
    (item,) = items(out)
    assert item["png"] == "a.depth.png" and item["error"] is None and item["time_s"] is None
    assert (item["width"], item["height"], item["network_size_hw"]) == (48, 24, [32, 64])
    assert item["kind"] == "scaled_inverse_depth" and item["milliseconds"] > 0
    pixels = read_png16(out / "a.depth.png").values
    np.testing.assert_allclose(pixels, np.load(out / "a.depth.npy"), atol=1 / item["factor"])


def test_a_video_gives_a_folder_with_times_and_a_colour_video(red, clip, tmp_path) -> None:
    out = tmp_path / "out"
    summary = predict(red, clip, out=out, forms=("png16", "video"))
    assert (summary.done, summary.failed) == (4, 0)
    frames = [f"clip.depth/{number:06d}.depth.png" for number in range(4)]
    assert files(out) == ["clip.depth.mp4", *frames, "predictions.json"]
    assert [item["png"] for item in items(out)] == frames
    assert [item["time_s"] for item in items(out)] == pytest.approx([0, 0.1, 0.3, 0.4], abs=1e-3)
    assert [frame.time_s for frame in read_video(out / "clip.depth.mp4")] == pytest.approx([0, 0.1, 0.3, 0.4], abs=1e-3)
    assert probe_video(out / "clip.depth.mp4").size_hw == (24, 48)


def test_steady_frames_of_a_video_or_a_folder_have_one_scale(red, clip, album, tmp_path) -> None:
    """A network that swings between two factors; each video and each folder is brought to its own."""
    from hondo.video.temporal.steady import SteadyConfig

    factors = iter([1.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 3.0])  # the first prepares
    swinging = replace(red, network=lambda image: image[:, :1] * np.float32(next(factors)) + 0.01)
    out = tmp_path / "out"
    predict(swinging, clip, album, out=out, forms=("npy",), steady=SteadyConfig())
    frames = [np.median(np.load(path)) for path in sorted(out.glob("clip.depth/*.npy"))]
    assert max(frames) < 1.1 * min(frames)
    first, second, deep = (np.median(np.load(out / f"{name}.depth.npy")) for name in "abc")
    assert second == pytest.approx(first, rel=0.1) and deep > 2.5 * first


def test_limit_ends_a_video_early(red, clip, tmp_path) -> None:
    assert predict(red, clip, out=tmp_path / "out", limit=2).done == 2


@pytest.mark.parametrize("name", ["broken.png", "broken.mp4", "empty.jpg"])
def test_a_broken_file_is_told_noted_and_passed_over(red, album, tmp_path, name) -> None:
    (album / name).write_bytes(b"" if name == "empty.jpg" else b"not what it says")
    on_progress = []
    summary = predict(red, album / name, album / "a.png", out=tmp_path / "out", on_progress=on_progress.append)
    assert (summary.done, summary.failed) == (1, 1)
    broken, fine = items(tmp_path / "out")
    assert name in broken["error"] and broken["png"] is None and fine["error"] is None
    assert [item.source for item in on_progress] == [broken["source"], fine["source"]]


def test_many_images_overlap_and_stay_in_order(red, album, tmp_path) -> None:
    """More than a few images are begun ahead: each keeps its place, its own depth and its own error."""
    from hondo.images.read import write_image

    for level in range(8):
        write_image(album / f"many{level}.png", np.full((24, 48, 3), 30 * level, np.uint8))
    (album / "many4.png").write_bytes(b"not what it says")
    names = [album / f"many{level}.png" for level in range(8)]
    summary = predict(red, *names, out=tmp_path / "out", forms=("npy",))
    assert (summary.done, summary.failed) == (7, 1)
    listed = items(tmp_path / "out")
    assert [Path(item["source"]).stem for item in listed] == [f"many{level}" for level in range(8)]
    assert [item["error"] is None for item in listed] == [level != 4 for level in range(8)]
    for level in (0, 3, 7):
        values = np.load(tmp_path / "out" / f"many{level}.depth.npy")
        np.testing.assert_allclose(values, 0.01 + 30 * level / 255, atol=1e-3)  # as the fixture adds


def test_too_large_a_image_fails_alone(red, album, tmp_path) -> None:
    summary = predict(red, album / "a.png", out=tmp_path / "out", max_megapixels=0.0001)
    assert (summary.done, summary.failed) == (0, 1)


def test_a_network_that_gives_nan_is_a_failure(red, album, tmp_path) -> None:
    broken = replace(red, network=lambda image: np.full_like(image[:, :1], np.nan))
    assert predict(broken, album, out=tmp_path / "out").failed == 3
    assert "not finite" in items(tmp_path / "out")[0]["error"]


def test_a_camera_that_does_not_fit_ends_the_run_at_the_first_image_only(red, album, tmp_path, image) -> None:
    def camera_of(size_hw):
        if size_hw != (24, 48):
            raise HondoError("of another image")
        return Camera.from_fov(60, size_hw=size_hw)

    from hondo.images.read import write_image

    other = write_image(tmp_path / "other.png", image[:10])
    with pytest.raises(HondoError, match="another image"):
        predict(red, other, out=tmp_path / "out", camera_of=camera_of)
    summary = predict(red, album / "a.png", other, out=tmp_path / "out", camera_of=camera_of)
    assert (summary.done, summary.failed) == (1, 1)


def test_points_of_a_relative_model_are_refused(red, album, tmp_path) -> None:
    relative = replace(red, kind=DepthKind.RELATIVE_INVERSE_DEPTH)
    with pytest.raises(HondoError, match="save ply"):
        predict(relative, album, out=tmp_path / "out", forms=("ply",))


def test_ctrl_c_keeps_what_is_done(red, clip, tmp_path) -> None:
    calls = []

    def run(image):
        calls.append(1)
        if len(calls) == 4:  # the first call prepares
            raise KeyboardInterrupt
        return image[:, :1]

    with pytest.raises(KeyboardInterrupt):
        predict(replace(red, network=run), clip, out=tmp_path / "out", forms=("png16", "video"))
    assert len(items(tmp_path / "out")) == 2
    assert len(list(read_video(tmp_path / "out" / "clip.depth.mp4"))) == 2


def test_a_full_disk_ends_the_run_with_one_clear_line(red, album, tmp_path, monkeypatch) -> None:
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("hondo.video.predict.outputs.write_png16", full)
    with pytest.raises(OutputError, match=r"No space left on device\); free some space"):
        predict(red, album, out=tmp_path / "out")


def test_memory_is_bounded_by_few_frames(red, tmp_path, image, monkeypatch) -> None:
    """However slow the reader of the items, no more than a handful of maps exist at once."""
    alive, most, check = [0], [0], DepthMap.__post_init__

    def count(depth_map: DepthMap) -> None:
        check(depth_map)
        alive[0] += 1
        most[0] = max(most[0], alive[0])
        weakref.finalize(depth_map, lambda: alive.__setitem__(0, alive[0] - 1))

    monkeypatch.setattr(DepthMap, "__post_init__", count)
    many = [write_image(tmp_path / "many" / f"{number}.png", image) for number in range(20)]
    predict(red, *many, out=tmp_path / "out", on_progress=lambda item: time.sleep(0.001))
    assert 1 <= most[0] <= 8


def test_a_model_of_several_frames_sees_each_video_from_its_start(red, clip, album, tmp_path) -> None:
    """Its answer here is the number of earlier frames that it was given."""
    again = clip.with_name("again.mp4")
    again.write_bytes(clip.read_bytes())
    counting = replace(
        red,
        network=lambda image, *views: np.full_like(image[:, :1], 1 + views[0].shape[1] if views else 1),
        num_previous=2,
    )
    camera = Camera.from_fov(60, size_hw=(24, 48))
    out = tmp_path / "out"
    predict(counting, clip, again, album / "a.png", out=out, forms=("npy",), camera_of=lambda size_hw: camera)
    seen = {
        name: [float(np.load(path).max()) for path in sorted((out / f"{name}.depth").glob("*.npy"))]
        for name in ("clip", "again")
    }
    assert seen == {"clip": [1, 2, 3, 3], "again": [1, 2, 3, 3]} and np.load(out / "a.depth.npy").max() == 1
    with pytest.raises(HondoError, match="give camera=FILE"):
        predict(counting, clip, out=tmp_path / "none")
