"""Sources: what is found, what it is called, what is refused."""

from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError, HondoWarning
from hondo.video.sources.source_list import SourceKind, find_sources


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def stems(*texts: object, **options) -> list[str]:
    return [source.stem for source in find_sources([str(text) for text in texts], **options)]


def test_a_folder_gives_its_images_and_those_below(album) -> None:
    found = find_sources([str(album)])
    assert [Path(source.text).relative_to(album).as_posix() for source in found] == ["a.png", "b.jpg", "deep/c.png"]
    assert {source.kind for source in found} == {SourceKind.IMAGE}


def test_kinds(tmp_path) -> None:
    touch(tmp_path, "v.MP4", "p.png", "strange.xyz")
    texts = [str(tmp_path / name) for name in ("v.MP4", "p.png", "strange.xyz")] + ["webcam:0", "rtsp://u:pw@cam/1"]
    kinds = [source.kind.value for source in find_sources(texts)]
    assert kinds == ["video", "image", "image", "live", "live"]
    assert stems("webcam:0", "rtsp://u:pw@cam/1") == ["webcam_0", "cam_1"]


def test_globs(tmp_path) -> None:
    touch(tmp_path, "x/a.jpg", "x/b.mp4", "x/c.txt", "y/d.jpg", "odd[1].jpg")
    assert stems(tmp_path / "x" / "*") == ["a", "b"]
    assert stems(tmp_path / "**" / "*.jpg") == ["odd[1]", "a", "d"]
    assert stems(tmp_path / "odd[1].jpg") == ["odd[1]"]  # a file of this name is taken as it is
    with pytest.raises(HondoError, match="matches this pattern"):
        stems(tmp_path / "*.bmp")


def test_equal_stems_get_their_folders_name_in_front(tmp_path) -> None:
    touch(tmp_path, "x/a.jpg", "y/a.jpg", "y/b.jpg", "p/z/c.jpg", "q/z/c.jpg", "w/d.jpg", "w/d.png")
    assert stems(tmp_path / "x", tmp_path / "y") == ["x_a", "y_a", "b"]
    assert stems(tmp_path / "p", tmp_path / "q") == ["p_z_c", "q_z_c"]
    assert stems(tmp_path / "w") == ["w_d.jpg", "w_d.png"]


def test_a_file_named_twice_counts_once(album) -> None:
    assert stems(album / "a.png", album) == ["a", "b", "c"]


def test_hidden_files_and_our_own_outputs_are_left_out(album) -> None:
    touch(album, ".hidden.png", ".cache/x.png", "a.depth.png", "a.color.jpg", "v.depth/000000.depth.png")
    assert stems(album, out=album) == ["a", "b", "c"]
    with pytest.warns(HondoWarning, match="left out .* depth maps"):
        assert "a.depth" not in stems(album)


@pytest.mark.parametrize("name", ["missing.png", "missing/", "empty"])
def test_what_is_not_there_is_named(tmp_path, name) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(HondoError, match=str(tmp_path / name.strip("/"))):
        stems(tmp_path / name)


def test_no_source_at_all() -> None:
    with pytest.raises(HondoError, match="no SOURCE given"):
        stems()


def test_videos_are_known_by_their_content(tmp_path) -> None:
    from PIL import Image

    from hondo.images.video_writer import VideoWriter

    image = np.zeros((32, 48, 3), np.uint8)
    with VideoWriter(tmp_path / "clip.mp4", size_hw=(32, 48), fps=5) as writer:
        for index in range(3):
            writer.write(image, time_s=index / 5)
    (tmp_path / "clip.mp4").rename(tmp_path / "clip.cam")
    frames = [Image.fromarray(image + 99 * index) for index in range(2)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "still.gif")
    frames[0].save(tmp_path / "photo", "JPEG")
    (tmp_path / "notes.diz").write_text("text that FFmpeg would play as a film")
    names = ("clip.cam", "moving.gif", "still.gif", "photo", "notes.diz")
    kinds = [source.kind.value for source in find_sources([str(tmp_path / name) for name in names])]
    assert kinds == ["video", "video", "image", "image", "image"]
