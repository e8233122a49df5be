"""Images and videos as one stream of frames; an unreadable file is a frame with its error."""

from hondo.video.sources.read_sources import read_sources
from hondo.video.sources.source_list import find_sources


def test_frames_come_in_order_with_their_times(album, clip, tmp_path) -> None:
    frames = list(read_sources(find_sources([str(album), str(clip)], out=tmp_path / "out"), limit=2))
    assert [frame.time_s is None for frame in frames] == [True, True, True, False, False]
    assert [frame.index for frame in frames] == [0, 0, 0, 0, 1]
    assert all(frame.error is None and frame.image.shape == (24, 48, 3) for frame in frames)


def test_a_damaged_image_carries_its_error_and_the_next_is_read(album, tmp_path) -> None:
    (album / "a.png").write_bytes(b"no image")
    first, second, _ = read_sources(find_sources([str(album)], out=tmp_path / "out"))
    assert first.image is None and "a.png" in str(first.error)
    assert second.error is None and second.image is not None
