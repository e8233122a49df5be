"""The live loop: newest wins, slow consumers harm nobody, sources come and go, nothing hangs."""

import itertools
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.images.read import write_image
from hondo.video.live.live_stream import Stream
from hondo.video.live.stats import StreamState
from hondo.video.sources.live_frame import Captured
from hondo.video.temporal.steady import SteadyConfig


def feed_at(fps: float, *, count: int = 10_000, sizes=((24, 48),)):
    """A source that gives grey images evenly; frame n has the value n mod 256."""

    def frames(control):
        for number in range(count):
            if control.stopped.wait(1 / fps):
                return
            image = np.full((*sizes[number % len(sizes)], 3), number % 256, np.uint8)
            yield Captured(image=image, captured_at=time.monotonic(), time_s=number / fps)

    return frames


def until(true, *, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)


def slowed(predictor, seconds: float):
    def run(image):
        time.sleep(seconds)
        return predictor.network(image)

    return replace(predictor, network=run)


def test_every_frame_of_a_slow_source_comes_out_in_order(red) -> None:
    with Stream(feed_at(100, count=20), red) as stream:
        seen, last = [], None
        while (frame := stream.latest(last, timeout=5)) is not None:
            seen.append(frame)
            last = frame.number
    assert [frame.number for frame in seen] == sorted({frame.number for frame in seen}) and seen[-1].number == 19
    for frame in seen:
        assert (frame.image == frame.number).all() and frame.depth_map.size_hw == (24, 48)
        assert frame.captured_at < frame.done_at and 0 < frame.latency_ms < 5000
        near, far = frame.near_far
        assert np.isfinite([near, far]).all()
    stats = stream.stats()
    assert stats.frames_read == 20 == stats.frames_predicted + stats.frames_dropped
    assert stats.state is StreamState.ENDED and stats.reason == "" and stream.is_over
    assert (stats.image_size_hw, stats.network_size_hw, stats.model) == ((24, 48), (32, 64), "red")


def test_frames_are_dropped_and_counted_never_queued(red) -> None:
    with Stream(feed_at(200), slowed(red, 0.05)) as stream:
        until(lambda: stream.stats().frames_predicted >= 8)
        stats, frame = stream.stats(), stream.latest()
    assert stats.frames_dropped > stats.frames_predicted
    assert frame is not None and frame.latency_ms < 1000
    assert stats.latency_ms is not None and stats.latency_p95_ms is not None
    assert 50 <= stats.predict_ms <= stats.latency_p95_ms
    assert stats.source_fps > 2 * stats.fps > 0


def test_a_consumer_that_never_reads_and_many_that_do(red) -> None:
    counts = [0] * 6

    def consume(index: int) -> None:
        last = None
        while (frame := stream.latest(last, timeout=5)) is not None:
            last, counts[index] = frame.number, counts[index] + 1
            time.sleep(0.05 if index == 0 else 0)

    with Stream(feed_at(100, count=60), red) as stream:
        consumers = [threading.Thread(target=consume, args=(index,)) for index in range(6)]
        for consumer in consumers:
            consumer.start()
        for consumer in consumers:
            consumer.join(timeout=20)
    assert 1 <= counts[0] < min(counts[1:]) <= stream.stats().frames_predicted


def test_pause_and_resume(red) -> None:
    with Stream(feed_at(100), red) as stream:
        assert stream.latest(timeout=5) is not None
        stream.pause()
        time.sleep(0.3)
        before = stream.stats()
        time.sleep(0.2)
        assert stream.stats().frames_predicted == before.frames_predicted
        assert before.state is StreamState.PAUSED
        stream.resume()
        frame = stream.latest()
        assert frame is not None and stream.latest(frame.number, timeout=5) is not None
        assert stream.stats().state is StreamState.RUNNING


def test_another_model_from_the_next_frame_on(red) -> None:
    other = replace(red, name="far", network=lambda image: np.full_like(image[:, :1], 0.5))
    with Stream(feed_at(100), red) as stream:
        assert stream.latest(timeout=5) is not None
        stream.set_predictor(other)
        until(lambda: stream.stats().model == "far" and (stream.latest().depth_map.values == 0.5).all())


def test_sizes_may_change_from_frame_to_frame(red) -> None:
    with Stream(feed_at(100, count=30, sizes=((24, 48), (48, 24), (7, 90))), red) as stream:
        last, seen = None, set()
        while (frame := stream.latest(last, timeout=5)) is not None:
            last = frame.number
            seen.add(frame.depth_map.size_hw)
            assert frame.depth_map.size_hw == frame.image.shape[:2]
    assert seen == {(24, 48), (48, 24), (7, 90)} and stream.stats().frames_corrupt == 0


def test_a_frame_without_depth_is_counted_and_passed_over(red) -> None:
    def run(image):
        return np.full_like(image[:, :1], np.nan if image.max() > 0.4 else 1.0)

    with Stream(feed_at(400, count=200), replace(red, network=run)) as stream:
        until(lambda: stream.is_over)
    stats = stream.stats()
    assert stats.frames_corrupt > 0 and stats.frames_predicted > 0 and "not finite" in stats.reason
    assert stats.state is StreamState.ENDED


def test_an_engine_that_breaks_ends_the_stream_with_a_reason(red) -> None:
    def run(image):
        if image.max() > 0:
            raise RuntimeError("out of\nmemory")
        return image[:, :1]

    with Stream(feed_at(100), replace(red, network=run)) as stream:
        until(lambda: stream.is_over)
        assert stream.stats().state is StreamState.FAILED
        assert stream.stats().reason == "red: RuntimeError: out of memory"


def test_a_source_that_breaks_ends_the_stream_with_a_reason(red) -> None:
    def frames(control):
        yield from feed_at(100, count=3)(control)
        raise HondoError("the cable broke")

    with Stream(frames, red) as stream:
        until(lambda: stream.is_over)
        assert (stream.stats().state, stream.stats().reason) == (StreamState.FAILED, "the cable broke")
        assert stream.latest().number == 2


def test_stop_returns_soon_though_the_source_hangs(red) -> None:
    hang = threading.Event()

    def frames(control):
        yield from feed_at(100, count=2)(control)
        hang.wait(30)

    stream = Stream(frames, red).start()
    assert stream.latest(timeout=5) is not None
    start = time.monotonic()
    stream.stop()
    stream.stop()
    assert time.monotonic() - start < 10 and stream.stats().state is StreamState.STOPPED
    hang.set()
    with pytest.raises(HondoError, match="started before"):
        stream.start()


def test_stopping_leaves_no_thread(red) -> None:
    def running() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name.startswith("hondo-stream")]

    for _ in range(3):
        with Stream(feed_at(100), red) as stream:
            assert stream.latest(timeout=5) is not None
    until(lambda: not running())


def test_a_missing_camera_is_told_and_tried_again(red) -> None:
    with Stream("webcam:97", red) as stream:
        until(lambda: stream.stats().reconnects > 0)
        stats = stream.stats()
        assert stats.state is StreamState.RECONNECTING and "no camera answers" in stats.reason
        assert stream.latest(timeout=0) is None
        start = time.monotonic()
    assert time.monotonic() - start < 10


def test_depth_is_steadied_unless_asked_otherwise(red) -> None:
    def swinging():
        factors = itertools.cycle([1.0, 2.0])
        return replace(red, network=lambda image: np.full_like(image[:, :1], next(factors)))

    def still(control):
        image = np.random.default_rng(0).integers(0, 256, (24, 48, 3), dtype=np.uint8)
        yield from (replace(frame, image=image) for frame in feed_at(50, count=12)(control))

    for steady, fewest, most in ((SteadyConfig(), 1, 1.1), (None, 1.9, 2.1)):  # from frame to frame
        values, last = [], None
        with Stream(still, swinging(), steady=steady) as stream:
            while (frame := stream.latest(last, timeout=5)) is not None:
                last = frame.number
                values.append(float(frame.depth_map.values.mean()))
        assert fewest <= max(max(a, b) / min(a, b) for a, b in itertools.pairwise(values)) <= most


def test_a_folder_brings_its_poses(red, tmp_path, image) -> None:
    for number in range(3):
        write_image(tmp_path / "images" / f"{number}.png", image)
    (tmp_path / "poses.txt").write_text("1 0 0 5 0 1 0 0 0 0 1 0 0 0 0 1\n" * 3)
    with Stream(str(tmp_path), red, folder_fps=50) as stream:
        frame = stream.latest(timeout=5)
    assert frame is not None and frame.T_world_camera is not None and frame.T_world_camera[0, 3] == 5


def test_a_recording_waits_until_the_network_is_ready(red, album) -> None:
    """The very first run of an engine compiles; no frame of a recording is lost to that."""
    first = iter([0.5])

    def run(image):
        time.sleep(next(first, 0.0))
        return image[:, :1]

    with Stream(str(album), replace(red, network=run), folder_fps=20) as stream:
        until(lambda: stream.is_over)
        stats = stream.stats()
    assert (stats.frames_read, stats.frames_dropped) == (2, 0)


def test_the_camera_is_that_of_the_image(red) -> None:
    from hondo.data.datasets.intrinsics import assumed_camera

    with Stream(feed_at(100, sizes=((24, 48), (12, 24))), red, camera_of=assumed_camera) as stream:
        frame = stream.latest(timeout=5)
    assert frame is not None and frame.depth_map.camera.size_hw == frame.image.shape[:2]


def test_a_recording_that_stays_is_played_again(red, tmp_path) -> None:
    for number in range(3):
        write_image(tmp_path / f"{number}.png", np.full((24, 48, 3), 80 * number, np.uint8))
    with Stream(str(tmp_path), red, folder_fps=50, stays=True) as stream:
        until(lambda: stream.stats().state is StreamState.ENDED and stream.stats().frames_predicted > 0)
        assert not stream.is_over and stream.stats().duration_s == pytest.approx(0.06)
        before = stream.stats().frames_read
        stream.pause()
        stream.seek(0)  # goes on, too
        until(lambda: stream.stats().frames_read == before + 3 and stream.stats().state is StreamState.ENDED)
    with Stream(feed_at(100), red) as camera, pytest.raises(HondoError, match="camera cannot be sought"):
        camera.seek(0)
    assert camera.stats().position_s is None
