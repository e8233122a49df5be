"""Whether the templates of a layout lead from a real path of an image to those of its partners."""

from hondo.data.layouts.layout import Layout
from hondo.data.layouts.path_template import fill_path, is_filled, match_path


def check_paths(layout: Layout, image: str, depth: str | None, calibration: str | None) -> None:
    """The paths as the authors' archives have them; ``*`` in a template stands for any name."""
    fields = next((found for each in layout.images if (found := match_path(each, image)) is not None), None)
    assert fields is not None, f"{layout.name} does not know {image}"

    def leads_to(templates: tuple[str, ...], wanted: str) -> bool:
        named = [fill_path(each, fields) for each in templates if is_filled(each, fields)]
        return any(each == wanted or ("*" in each and wanted.startswith(each.partition("*")[0])) for each in named)

    assert depth is None or leads_to(layout.depth, depth)
    assert calibration is None or leads_to(layout.intrinsics.templates, calibration)
    assert calibration is not None or not layout.intrinsics.templates
