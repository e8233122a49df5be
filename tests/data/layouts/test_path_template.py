"""Templates find files, name their partners, and leave the twins of macOS alone."""

from pathlib import Path

import pytest

from hondo.data.layouts.path_template import fill_path, find_paths, is_filled, match_path, partner_path, template_below


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")


def test_fields_are_found_in_order(tmp_path: Path) -> None:
    touch(tmp_path, "b/image_02/10.png", "b/image_02/9.png", "a/image_03/9.png", "a/image_00/9.png", "a/image_02/x.png",
          "a/image_02/._9.png", "a/readme.txt")  # fmt: skip
    found = list(find_paths(tmp_path, "{scene}/image_0{camera:2|3}/{frame:d}.png"))
    assert [path.relative_to(tmp_path).as_posix() for path, _ in found] == [
        "a/image_03/9.png", "b/image_02/10.png", "b/image_02/9.png",
    ]  # fmt: skip
    assert found[1][1] == {"scene": "b", "camera": "2", "frame": "10"}


def test_folders_of_any_depth(tmp_path: Path) -> None:
    touch(tmp_path, "kv1/image/a.jpg", "kv1/x/image/a.jpg", "kv1/x/y/image/b.jpg")
    found = [fields for _, fields in find_paths(tmp_path, "kv1/{folder:path}/image/{name}.jpg")]
    assert found == [{"folder": "x", "name": "a"}, {"folder": "x/y", "name": "b"}]


def test_a_name_that_comes_twice_is_one_name(tmp_path: Path) -> None:
    touch(tmp_path, "office/office/1.png", "office/other/2.png", "p/a_a.png", "p/a_b.png")
    assert [path.name for path, _ in find_paths(tmp_path, "{env}/{env}/{frame:d}.png")] == ["1.png"]
    assert [path.name for path, _ in find_paths(tmp_path, "p/{name}_{name}.png")] == ["a_a.png"]


def test_partners(tmp_path: Path) -> None:
    touch(tmp_path, "val/a/7.png", "only/._z.png", "only/z.png")
    fields = {"scene": "a", "frame": "7"}
    assert partner_path(tmp_path, ("train/{scene}/{frame}.png", "val/{scene}/{frame}.png"), fields) == (
        tmp_path / "val/a/7.png"
    )
    assert partner_path(tmp_path, ("train/{scene}/{frame}.png",), fields) is None
    assert partner_path(tmp_path, ("only/*.png",), fields) == tmp_path / "only/z.png"
    assert partner_path(tmp_path, ("*/{scene}/{frame}.png",), fields) == tmp_path / "val/a/7.png"
    assert partner_path(tmp_path, ("{capture}/7.png",), fields) is None  # a field that is not known
    assert is_filled("*/{frame}", fields) and not is_filled("{capture}/x", fields)


@pytest.mark.parametrize(
    ("template", "path", "fields"),
    [
        ("{a}_{b:d}.png", "x_y_12.png", {"a": "x_y", "b": "12"}),
        ("{a}.png", "x/y.png", None),
        ("{folder:path}/y.png", "x/z/y.png", {"folder": "x/z"}),
    ],
)
def test_matching(template: str, path: str, fields: dict[str, str] | None) -> None:
    assert match_path(template, path) == fields
    if fields is not None:
        assert fill_path(template, fields) == path


def test_the_rest_of_a_template() -> None:
    template = "{scene}/image_0{camera:2|3}/{frame:d}.png"
    assert template_below(template, ["a", "image_02"]) == "{frame:d}.png"
    assert template_below(template, ["a", "image_00"]) is None
    assert template_below(template, ["a", "image_02", "1.png"]) is None
    assert template_below("kv1/{folder:path}/x.png", ["kv1", "a"]) is None
