"""Steps read from text, applied in order, recorded."""

import pytest

from hondo.compress.compressor import Step
from hondo.compress.steps import compress, parse_steps
from hondo.core.errors import HondoError
from hondo.models.registry.build_model import build_model


def test_text_to_steps() -> None:
    steps = parse_steps("hooks=0,1 | heads = 6:norm|attention=linear:blocks=0,1")
    assert steps[0] == Step(name="hooks", value="0,1") and steps[0].numbers("") == (0, 1)
    assert steps[1] == Step(name="heads", value="6", words=("norm",)) and str(steps[1]) == "heads=6:norm"
    assert steps[2].words == ("blocks=0,1",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hook=0,1", "unknown compression step 'hook'"),
        ("hooks", "must be NAME=VALUE, e.g. hooks=0,1"),
        ("heads=6:loud", "'loud' is none of its words; it takes norm, activation, gradient"),
        ("width=0.5:norm", "it takes none"),
    ],
)
def test_wrong_text_is_refused(text: str, message: str) -> None:
    with pytest.raises(HondoError, match=message):
        parse_steps(text)


def test_steps_follow_each_other(hybrid) -> None:
    said: list[str] = []
    model, stages = compress(
        hybrid, "hooks=0,1 | attention=linear:blocks=1 | width=4 | size=64x64", on_progress=said.append
    )
    assert [stage.step for stage in stages] == [
        "as it was",
        *map(str, parse_steps("hooks=0,1|attention=linear:blocks=1|width=4|size=64x64")),
    ]
    assert model.options["attention"] == ("softmax", "linear") and model.options["features"] == 4
    assert stages[-1].size_hw == (64, 64) and stages[-1].bytes < stages[0].bytes and len(said) == 4
    assert hybrid.options["features"] == 8


def test_pose_networks_are_refused() -> None:
    with pytest.raises(HondoError, match="pose network"):
        compress(build_model("nano-pose", "random"), "size=64x64")
