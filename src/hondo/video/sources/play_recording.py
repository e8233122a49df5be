"""Recordings played as if they were a camera: each frame comes when it is due, and the clock can be stopped."""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from hondo.video.sources.live_frame import Captured, FeedControl

MAX_LATE_S = 0.2  # a reader that is later than this moves the clock rather than hurry after it
_POLL_S = 0.05


class Shown(NamedTuple):
    """A frame of a recording; the image is None where it cannot be decoded."""

    time_s: float  # from the start of the recording
    image: UInt8[np.ndarray, "h w 3"] | None
    T_world_camera: Float[np.ndarray, "4 4"] | None = None


def play(
    control: FeedControl, frames_from: Callable[[float], Iterator[Shown]], *, frame_s: float, loop: bool
) -> Iterator[Captured]:
    """The frames of ``frames_from(start in seconds)`` as they are due, each ``frame_s`` long.

    ``time_s`` of the frames goes on through loops and seeks.
    """
    clock, playback, clock_s, start_s = Clock(control), control.playback, 0.0, 0.0
    while True:
        last_s, was_read = start_s, False
        for shown in frames_from(start_s):
            due = clock.wait(clock_s + shown.time_s - start_s)
            if due is None:
                return
            if playback.is_sought:  # while it was paused
                break
            last_s = playback.position_s = shown.time_s
            if shown.image is not None:
                was_read = True
                yield Captured(
                    image=shown.image, captured_at=due, time_s=clock_s + shown.time_s - start_s,
                    T_world_camera=shown.T_world_camera,
                )  # fmt: skip
            if playback.is_sought:
                break
        clock_s += last_s + frame_s - start_s
        wanted_s = playback.take()
        if wanted_s is None and loop and (was_read or start_s > 0):
            wanted_s = 0.0
        if wanted_s is None and control.stays and playback.duration_s is not None:
            wanted_s = playback.wait_at_end(control.stopped)
        if wanted_s is None:
            return
        start_s = wanted_s


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
        while (control.paused.is_set() or control.held.is_set()) and not control.stopped.wait(_POLL_S):
            pass
        return time.monotonic() - start
