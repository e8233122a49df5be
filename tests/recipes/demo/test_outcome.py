"""The report and the next commands of the demo."""

from dataclasses import replace
from pathlib import Path

from hondo.core.report import Report
from hondo.recipes.demo.demo_clip import DemoClip
from hondo.recipes.demo.demo_config import DemoConfig
from hondo.recipes.demo.outcome import Outcome, next_commands, write_outcome


def test_next_commands_name_what_is_there(clip: DemoClip, config: DemoConfig) -> None:
    without, with_file = (
        next_commands(clip, config, written=written) for written in ((), ("hondo-small-adapted.xml",))
    )
    assert without[2].startswith(f"hondo bench {config.out}/adapted ")
    assert with_file[2].startswith(f"hondo bench {config.out}/hondo-small-adapted.xml ")
    spaced = next_commands(clip, replace(config, out=Path("my demo")), written=())
    assert "--model 'my demo/adapted'" in spaced[0]


def test_a_report_of_nothing_is_a_report(tmp_path: Path) -> None:
    write_outcome(Outcome(), tmp_path)
    assert Report.from_json((tmp_path / "report.json").read_text()).rows == ()
