"""What a user names as the one SOURCE of a stream, as a Feed: camera, address, video file or folder."""

from functools import partial
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.images.video_file import VIDEO_SUFFIXES
from hondo.video.frames import Feed
from hondo.video.live import check_address, live_feed
from hondo.video.paced import FOLDER_FPS, folder_feed, video_feed
from hondo.video.sources import LIVE


def feed_of(source: str, *, loop: bool = False, folder_fps: float = FOLDER_FPS) -> Feed:
    """The feed of ``webcam:N``, an rtsp/http address, a video file or a folder of pictures; refuses what is none.

    ``loop`` plays files and folders again and again; ``folder_fps`` is the rate of a folder's pictures.
    """
    if not 0 < folder_fps <= 1000:
        raise HondoError(f"the rate of a folder must lie between 0 and 1000 pictures a second, got {folder_fps:g}")
    if LIVE.match(source):
        return partial(live_feed, check_address(source))
    path = Path(source)
    if path.is_dir():
        return folder_feed(path, fps=folder_fps, loop=loop)
    if not path.is_file():
        raise HondoError(f"{source}: no such camera, file or folder; e.g. webcam:0, rtsp://..., clip.mp4, a folder")
    if path.suffix.lower() not in VIDEO_SUFFIXES:
        raise HondoError(f"{source}: a stream is of a camera, a video or a folder; for one picture: hondo predict")
    return video_feed(path, loop=loop)
