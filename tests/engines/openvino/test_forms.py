"""The form of a network: the faster one where forms are in doubt, tried once, and only on matrix units."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.openvino import forms
from hondo.engines.openvino.forms import ALL_REPLACED, doubtful, fastest_form, gain
from hondo.models.base.depth_model import DepthModel
from hondo.nn.upsampling.upsample_conv import UpsampleConv

SHAPE = (1, 3, 16, 16)
FAST, SLOW = 0.001, 0.003  # seconds


class Network(nn.Module):
    """An upsampling and a last convolution, both of which have replacements."""

    def __init__(self) -> None:
        super().__init__()
        self.up = UpsampleConv(nn.Conv2d(3, 4, 3, padding=1))
        self.last = nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        return [self.last(self.up(image))]


@pytest.fixture
def model() -> DepthModel:
    spec = InputSpec(size_hw=SHAPE[2:], multiple_of=1, mean=(0, 0, 0), std=(1, 1, 1))
    return DepthModel(Network(), name="net", kind=DepthKind.METRIC_DEPTH, input_spec=spec).eval()


@pytest.fixture
def tried(monkeypatch, tmp_path):
    """What was compiled; a form takes FAST where it leaves the kinds in ``better``, else SLOW."""
    monkeypatch.setenv("HONDO_CACHE", str(tmp_path))
    monkeypatch.delenv("HONDO_TRIAL", raising=False)
    monkeypatch.setattr(forms, "instruction_sets", lambda: ("AVX-512", "AMX bf16"))
    clock = SimpleNamespace(now=0.0)  # a trial by a real one would depend on what else the machine does
    monkeypatch.setattr(forms, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    compiled: list[tuple] = []

    def run_of(kinds_left, *, better: set, wrong: float = 0.0) -> object:
        """``wrong``: the error of the maps of all forms but the first."""
        compiled.append(kinds_left)

        def run(image: np.ndarray) -> np.ndarray:
            clock.now += FAST if better and better <= set(kinds_left) else SLOW
            return image + (wrong if kinds_left else 0)

        return run

    return compiled, run_of


@pytest.mark.parametrize("better", [set(), {UpsampleConv}, {nn.Conv2d}])
def test_the_faster_form_wins_and_is_remembered(model, tried, better) -> None:
    compiled, run_of = tried
    choose = lambda: fastest_form(model, lambda kinds: run_of(kinds, better=better), shape=SHAPE, precision="bf16")  # noqa: E731
    assert set(choose()) == better and compiled[0] == ALL_REPLACED
    count = len(compiled)
    assert set(choose()) == better and len(compiled) == count  # no second trial


@pytest.mark.parametrize(
    ("precision", "sets", "trial"),
    [
        ("fp32", ("AMX bf16",), None),
        ("bf16", ("AVX-512 bf16",), None),
        ("int8", ("AMX int8",), None),
        ("bf16", ("AMX bf16",), "0"),
    ],
)
def test_everything_is_replaced_without_matrix_units_or_trials(
    model, tried, monkeypatch, precision, sets, trial
) -> None:
    compiled, run_of = tried
    monkeypatch.setattr(forms, "instruction_sets", lambda: sets)
    if trial is not None:
        monkeypatch.setenv("HONDO_TRIAL", trial)
    chosen = fastest_form(model, lambda kinds: run_of(kinds, better={nn.Conv2d}), shape=SHAPE, precision=precision)
    assert chosen == ALL_REPLACED and not compiled


@pytest.mark.parametrize("wrong", [0.5, np.nan])
def test_a_form_that_is_fast_but_wrong_is_not_taken(model, tried, wrong) -> None:
    _, run_of = tried
    forms_of = lambda kinds: run_of(kinds, better={nn.Conv2d}, wrong=wrong)  # noqa: E731
    assert fastest_form(model, forms_of, shape=SHAPE, precision="bf16") == ALL_REPLACED


def test_a_form_that_the_engine_does_not_take_is_left_out(model, tried) -> None:
    _, run_of = tried

    def forms_of(kinds):
        if UpsampleConv in kinds:
            raise HondoError("no such operation")
        return run_of(kinds, better={nn.Conv2d})

    assert fastest_form(model, forms_of, shape=SHAPE, precision="bf16") == (nn.Conv2d,)


@pytest.mark.parametrize("content", ["", "{", '{"left": ["gone"]}', '{"left": 3}'])
def test_a_broken_cache_is_tried_again(model, tried, tmp_path, content) -> None:
    compiled, run_of = tried
    choose = lambda: fastest_form(model, lambda kinds: run_of(kinds, better={nn.Conv2d}), shape=SHAPE, precision="bf16")  # noqa: E731
    choose()
    (path,) = (tmp_path / "trials").glob("form-*.json")
    path.write_text(content)
    compiled.clear()
    assert choose() == (nn.Conv2d,) and compiled


def test_only_kinds_that_are_replaced_are_in_doubt(model) -> None:
    assert doubtful(model) == ["upsampling", "last convolution"]
    model.network.last = nn.Conv2d(4, 2, 3, padding=1)  # two channels: no replacement
    assert doubtful(model) == ["upsampling"]


def test_the_gain_is_that_of_the_second() -> None:
    slow, fast = (lambda _image, wait=wait: time.sleep(wait) for wait in (SLOW, FAST))
    assert gain(slow, fast, inputs=(np.zeros(SHAPE, np.float32),)) > 1.5


def test_both_forms_give_one_map(model) -> None:
    openvino = pytest.importorskip("openvino")
    from hondo.engines.openvino.graph import convert_model
    from hondo.engines.openvino.runtime import compile_graph, runner

    assert openvino
    image = np.random.default_rng(0).random(SHAPE, dtype=np.float32)
    maps = [
        runner(compile_graph(convert_model(model, SHAPE, kinds), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}))(image)
        for kinds in (ALL_REPLACED, (UpsampleConv, nn.Conv2d))
    ]
    np.testing.assert_allclose(maps[0], maps[1], atol=1e-5)
