"""Feeds of recordings: video files and folders of images."""

from collections.abc import Iterator
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.data.datasets.clip_files import find_layout, list_images
from hondo.data.datasets.poses import read_poses
from hondo.data.partners.pairing import pose_indices
from hondo.images.read import read_image
from hondo.images.video_file import probe_video
from hondo.video.sources.live_frame import Captured, Feed, FeedControl
from hondo.video.sources.play_recording import Shown, play
from hondo.video.sources.tolerant_decode import decoded_file

FOLDER_FPS = 10.0  # of a folder of images, which does not state its rate


def video_feed(path: Path, *, loop: bool = False) -> Feed:
    """A video file at its own rate; with ``loop`` again and again. A file that is not a video is refused."""
    info = probe_video(path)

    def frames(control: FeedControl) -> Iterator[Captured]:
        def frames_from(start_s: float) -> Iterator[Shown]:
            for frame in decoded_file(path, start_s=start_s, corrupt=control.corrupt):
                yield Shown(frame.time_s, frame.image)

        control.playback.duration_s = info.duration_s
        yield from play(control, frames_from, frame_s=1 / info.fps, loop=loop)

    return frames


def folder_feed(folder: Path, *, fps: float = FOLDER_FPS, loop: bool = False) -> Feed:
    """The images of a folder (or of its ``images/``) in order, with the poses of a ``poses.txt`` next to them."""
    layout = find_layout(folder)
    images = list_images(layout.images)
    poses = None if layout.poses is None else read_poses(layout.poses)
    if poses is not None and len(poses) >= len(images):
        poses = poses[pose_indices(images, len(poses), where=str(layout.poses))]

    def frames(control: FeedControl) -> Iterator[Captured]:
        def frames_from(start_s: float) -> Iterator[Shown]:
            for index in range(min(round(start_s * fps), len(images) - 1), len(images)):
                try:
                    image = read_image(images[index])
                except (HondoError, OSError):
                    control.corrupt()
                    image = None
                yield Shown(index / fps, image, poses[index] if poses is not None and index < len(poses) else None)

        control.playback.duration_s = len(images) / fps
        yield from play(control, frames_from, frame_s=1 / fps, loop=loop)

    return frames
