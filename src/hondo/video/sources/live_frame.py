"""A live frame as it was captured, and with its depth; the signals between the loop and its source."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, UInt8

from hondo.core.types import DepthMap
from hondo.video.sources.playback import Playback


@dataclass(frozen=True, kw_only=True)
class Captured:
    """An upright image, uint8 RGB; when it was captured (time.monotonic), and its time in the source, in seconds."""

    image: UInt8[np.ndarray, "h w 3"]
    captured_at: float
    time_s: float
    T_world_camera: Float[np.ndarray, "4 4"] | None = None  # metres, where the source knows it


@dataclass(frozen=True, kw_only=True)
class LiveFrame:
    """A frame and its depth. ``number`` counts the frames that were read: gaps are dropped frames."""

    number: int
    image: UInt8[np.ndarray, "h w 3"]
    depth_map: DepthMap
    near_far: tuple[float, float]  # slowly moving ends of the palette, in the unit of the map: see DepthMap.color
    captured_at: float  # time.monotonic, seconds
    done_at: float  # time.monotonic, seconds
    time_s: float  # in the source
    T_world_camera: Float[np.ndarray, "4 4"] | None = None  # metres, where the source knows it

    @property
    def latency_ms(self) -> float:
        """From the capture of the frame to its finished depth."""
        return 1000 * (self.done_at - self.captured_at)


@dataclass(frozen=True, kw_only=True)
class FeedControl:
    """Signals to a source (stop, pause, hold), and what the source reports (a bad frame, a lost connection)."""

    stopped: threading.Event = field(default_factory=threading.Event)
    paused: threading.Event = field(default_factory=threading.Event)
    held: threading.Event = field(default_factory=threading.Event)  # a recording waits for the network's first map
    playback: Playback = field(default_factory=Playback)  # of a recording
    stays: bool = False  # a recording waits at its end, where it can be sought; else it ends
    corrupt: Callable[[], None] = lambda: None
    lost: Callable[[str], None] = lambda reason: None  # it tries again; the reason is one line


# A source: gives frames until it ends or is stopped; raises HondoError where it cannot go on.
Feed = Callable[[FeedControl], Iterator[Captured]]
