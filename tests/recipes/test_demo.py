"""The parts of the demo; tests/cli/test_demo.py runs it as a whole."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError, MissingExtraError
from hondo.core.report import Report
from hondo.core.types import DepthKind, DepthMap
from hondo.geometry.point_cloud import read_ply
from hondo.images.read import read_image
from hondo.images.video_file import probe_video
from hondo.recipes.demo import exports
from hondo.recipes.demo import run_demo as run
from hondo.recipes.demo.clip_accuracy import accuracy_rows, clip_factor, floor_rows, in_metres
from hondo.recipes.demo.demo_clip import DemoClip, measured_depth, open_clip, spread
from hondo.recipes.demo.demo_config import DemoConfig, ProgressReporter, quick
from hondo.recipes.demo.demo_images import clip_range, without_hairlines, write_cloud, write_sheet, write_video
from hondo.recipes.demo.outcome import Outcome, next_commands, write_outcome
from hondo.recipes.demo.run_demo import adapt_recipe


@pytest.fixture
def config(tmp_path: Path) -> DemoConfig:
    return quick(DemoConfig(out=tmp_path, weights="random"))


@pytest.fixture
def clip(config: DemoConfig) -> DemoClip:
    return open_clip(config)


def maps_of(clip: DemoClip, *, factors: dict[int, float] | None = None) -> list[DepthMap]:
    """The measured depth as inverse depth, times a factor a frame; frames without it get ones."""
    maps = []
    for frame, image in enumerate(clip.images):
        values = np.ones(clip.camera.size_hw, dtype=np.float32)
        if frame in clip.measured.depth_maps:
            values = np.nan_to_num((factors or {}).get(frame, 1.0) / measured_depth(clip, frame), nan=1.0)
        kind, shown = DepthKind.SCALED_INVERSE_DEPTH, read_image(image)
        maps.append(DepthMap(values=values.astype(np.float32), kind=kind, camera=clip.camera, image_rgb=shown))
    return maps


def values(rows) -> dict[str, float]:
    return {row.name: row.value for row in rows}


def test_the_clip_is_cut_to_its_first_frames(clip: DemoClip) -> None:
    assert len(clip.images) == 9 and clip.measured.targets == [0, 4, 8]
    assert clip.camera.size_hw == (256, 384)


def test_the_whole_clip(tmp_path: Path) -> None:
    clip = open_clip(DemoConfig(out=tmp_path))
    assert len(clip.images) == 96 and len(clip.measured) == 24


@pytest.mark.parametrize(
    ("count", "chosen"),
    [(1, [30]), (2, [10, 40]), (3, [10, 30, 50]), (5, [0, 10, 30, 40, 50]), (9, [0, 10, 20, 30, 40, 50])],
)
def test_spread_takes_frames_from_all_parts(count: int, chosen: list[int]) -> None:
    assert spread([0, 10, 20, 30, 40, 50], count) == chosen


def test_true_depth_up_to_a_factor_is_perfect(clip: DemoClip) -> None:
    rows = values(accuracy_rows(maps_of(clip, factors=dict.fromkeys((0, 4, 8), 3.0)), clip, subject="s"))
    assert rows["abs_rel"] == pytest.approx(0, abs=1e-5) and rows["delta1"] == 1
    assert rows["abs_rel (one scale)"] == pytest.approx(0, abs=1e-5)


def test_a_scale_that_changes_from_frame_to_frame_is_seen(clip: DemoClip) -> None:
    maps = maps_of(clip, factors={0: 1.0, 4: 1.0, 8: 0.5})
    rows = values(accuracy_rows(maps, clip, subject="s"))
    assert rows["abs_rel"] == pytest.approx(0, abs=1e-5)
    assert rows["abs_rel (one scale)"] == pytest.approx(1 / 3, abs=1e-3)  # a third of the frames is 100 % off
    assert clip_factor(maps, clip) == pytest.approx(1, rel=1e-3)


def test_the_floor_is_far_from_perfect(clip: DemoClip) -> None:
    assert 0.1 < values(floor_rows(clip))["abs_rel"] < 1


def test_in_metres(clip: DemoClip) -> None:
    scaled = in_metres(maps_of(clip, factors={0: 4.0})[0], 4.0)
    measured = measured_depth(clip, 0)
    known = np.isfinite(measured)
    assert scaled.kind is DepthKind.METRIC_DEPTH
    np.testing.assert_allclose(scaled.values[known], measured[known], rtol=1e-5)


def test_adaptation_is_given_images_and_intrinsics_only(clip: DemoClip, config: DemoConfig) -> None:
    recipe = adapt_recipe(clip, config)
    assert recipe.data.root == str(clip.files.images) and recipe.data.camera == str(clip.files.intrinsics)
    assert recipe.data.poses is None and recipe.data.with_depth is False and recipe.evaluate is None
    assert recipe.objective.pose == "two-view"  # type: ignore[union-attr]
    assert recipe.optim.max_seconds == config.seconds == 2.0 and recipe.name == "video"


def test_images_video_and_points(clip: DemoClip, tmp_path: Path) -> None:
    maps = maps_of(clip)
    assert read_image(write_sheet(tmp_path / "s.jpg", maps, maps, clip)).shape[1] == 4 * (256 + 8) - 8
    info = probe_video(write_video(tmp_path / "v.mp4", maps, maps, clip, voice=ProgressReporter()))
    assert info.size_hw[1] == 3 * 384 and info.frame_count == 9
    points, colors = read_ply(write_cloud(tmp_path / "p.ply", maps, clip))
    assert len(points) == 256 * 384 and colors is not None


def test_hairlines_are_closed_and_holes_stay() -> None:
    values = np.full((12, 12), 2.0, np.float32)
    values[5], values[8:, 8:] = np.nan, np.nan
    shown = without_hairlines(DepthMap(values=values, kind=DepthKind.METRIC_DEPTH)).values
    assert (shown[5] == 2).all() and np.isnan(shown[9:, 9:]).all() and (shown[:5] == 2).all()


def test_the_colours_span_the_whole_clip() -> None:
    maps = [
        DepthMap(values=np.full((16, 16), value, np.float32), kind=DepthKind.SCALED_INVERSE_DEPTH) for value in (1, 3)
    ]
    assert clip_range(maps) == (3.0, 1.0)


def test_a_runtime_that_is_not_installed_is_skipped_with_a_line(config, monkeypatch) -> None:
    class Ear(ProgressReporter):
        heard: tuple[str, ...] = ()

        def note(self, text: str) -> None:
            self.heard = (*self.heard, text)

    def missing(*arguments, **options):
        raise MissingExtraError("openvino", extra="openvino")

    monkeypatch.setattr(exports, "export_checked", missing)
    ear = Ear()
    assert exports.export_all(run.demo_model(config), config, stem="x", licence="", voice=ear) == []
    assert (
        len(ear.heard) == 2
        and 'skipped: openvino is not installed; install it with: pip install "hondo[' in ear.heard[1]
    )


def test_next_commands_name_what_is_there(clip: DemoClip, config: DemoConfig) -> None:
    without, with_file = (next_commands(clip, config, written=written) for written in ((), ("hondo-nano-adapted.xml",)))
    assert without[2].startswith(f"hondo bench {config.out}/adapted ")
    assert with_file[2].startswith(f"hondo bench {config.out}/hondo-nano-adapted.xml ")
    spaced = next_commands(clip, replace(config, out=Path("my demo")), written=())
    assert "--model 'my demo/adapted'" in spaced[0]


def test_a_report_of_nothing_is_a_report(tmp_path: Path) -> None:
    write_outcome(Outcome(), tmp_path)
    assert Report.from_json((tmp_path / "report.json").read_text()).rows == ()


def test_ctrl_c_leaves_a_report_of_what_was_done(config, monkeypatch) -> None:
    def stopped(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "predict_clip", lambda model, clip, *rest, **more: maps_of(clip))
    monkeypatch.setattr(run, "adapt", stopped)
    with pytest.raises(KeyboardInterrupt):
        run.run_demo(config)
    stored = json.loads((config.out / "report.json").read_text())
    assert {row["subject"] for row in stored["rows"]} == {"floor: constant depth", "hondo-nano"}
    assert "stopped before the end" in stored["notes"]
    assert "\n| hondo-nano | " in (config.out / "report.md").read_text()


def test_an_installation_without_weights_is_refused(config, monkeypatch) -> None:
    monkeypatch.setattr(run, "packaged_weights", lambda name: None)
    with pytest.raises(HondoError, match="the trained weights of hondo-nano are missing"):
        run.run_demo(replace(config, weights=None))


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_seconds_are_positive(seconds: float, tmp_path: Path) -> None:
    with pytest.raises(HondoError, match="--seconds must be a positive number"):
        DemoConfig(out=tmp_path, seconds=seconds)
