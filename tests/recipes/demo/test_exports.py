"""The exports of the demo."""

from hondo.core.errors import MissingExtraError
from hondo.recipes.demo import exports
from hondo.recipes.demo import run_demo as run
from hondo.recipes.demo.demo_config import ProgressReporter


def test_a_runtime_that_is_not_installed_is_skipped_with_a_line(config, monkeypatch) -> None:
    class Ear(ProgressReporter):
        heard: tuple[str, ...] = ()

        def note(self, text: str) -> None:
            self.heard = (*self.heard, text)

    def missing(*arguments, **options):
        raise MissingExtraError("openvino", extra="openvino")

    monkeypatch.setattr(exports, "export_checked", missing)
    ear = Ear()
    assert exports.export_all(run.demo_model(config), config, stem="x", licence="", progress=ear) == []
    assert (
        len(ear.heard) == 2
        and 'skipped: openvino is not installed; install it with: pip install "hondo[' in ear.heard[1]
    )
