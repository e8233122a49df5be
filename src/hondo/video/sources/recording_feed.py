"""Recordings played as if they were a camera: each frame comes when it is due, and the clock can be stopped."""

import time
from collections.abc import Iterator
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.data.datasets.clip_files import find_layout, list_images
from hondo.data.datasets.poses import read_poses
from hondo.data.partners.pairing import pose_indices
from hondo.images.read import read_image
from hondo.images.video_file import probe_video
from hondo.video.sources.live_frame import Captured, Feed, FeedControl
from hondo.video.sources.tolerant_decode import decoded_file

FOLDER_FPS = 10.0  # of a folder of images, which does not state its rate
MAX_LATE_S = 0.2  # a reader that is later than this moves the clock rather than hurry after it
_PAUSE_POLL_S = 0.05


class Clock:
    """Waits until a frame is due; stands still while paused."""

    def __init__(self, control: FeedControl) -> None:
        self._control = control
        self._start: float | None = None

    def wait(self, time_s: float) -> float | None:
        """Waits for the frame of ``time_s``; returns the time.monotonic it was due at, or None if stopped."""
        paused_s = self._wait_while_paused()
        now = time.monotonic()
        if self._start is None:
            self._start = now - time_s
        self._start += paused_s
        due = self._start + time_s
        if now - due > MAX_LATE_S:
            self._start += now - due
            due = now
        self._control.stopped.wait(max(0.0, due - now))
        return None if self._control.stopped.is_set() else due

    def _wait_while_paused(self) -> float:
        start = time.monotonic()
        control = self._control
        while (control.paused.is_set() or control.held.is_set()) and not control.stopped.wait(_PAUSE_POLL_S):
            pass
        return time.monotonic() - start


def video_feed(path: Path, *, loop: bool = False) -> Feed:
    """A video file at its own rate; with ``loop`` again and again. A file that is not a video is refused."""
    frame_s = 1 / probe_video(path).fps

    def frames(control: FeedControl) -> Iterator[Captured]:
        clock, start_s, last_s = Clock(control), 0.0, 0.0
        while True:
            for frame in decoded_file(path, corrupt=control.corrupt):
                last_s = start_s + frame.time_s
                due = clock.wait(last_s)
                if due is None:
                    return
                yield Captured(image=frame.image, captured_at=due, time_s=last_s)
            if not loop:
                return
            start_s = last_s + frame_s

    return frames


def folder_feed(folder: Path, *, fps: float = FOLDER_FPS, loop: bool = False) -> Feed:
    """The images of a folder (or of its ``images/``) in order, with the poses of a ``poses.txt`` next to them."""
    layout = find_layout(folder)
    images = list_images(layout.images)
    poses = None if layout.poses is None else read_poses(layout.poses)
    if poses is not None and len(poses) >= len(images):
        poses = poses[pose_indices(images, len(poses), where=str(layout.poses))]

    def frames(control: FeedControl) -> Iterator[Captured]:
        clock, number, was_read = Clock(control), 0, False
        while number < len(images) or (loop and was_read):
            index = number % len(images)
            try:
                image = read_image(images[index])
                was_read = True
            except (HondoError, OSError):
                control.corrupt()
                image = None
            due = clock.wait(number / fps)
            if due is None:
                return
            if image is not None:
                pose = poses[index] if poses is not None and index < len(poses) else None
                yield Captured(image=image, captured_at=due, time_s=number / fps, T_world_camera=pose)
            number += 1

    return frames
