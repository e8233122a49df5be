"""The figure of attentions: a panel for each folder, softmax attention in each."""

from pathlib import Path

from hondo.evaluate.figures.draw_attention import _panels, _rate, draw_attention
from hondo.evaluate.speed.attention_cost import AttentionCost


def test_names_are_grouped_by_their_folder() -> None:
    assert _panels({"softmax": 0, "linear": 0, "performer": 0, "lsh": 0}) == {
        "others": ["softmax"], "kernels": ["linear", "performer"], "learned patterns": ["lsh"],
    }  # fmt: skip


def test_the_figure_names_every_attention(tmp_path: Path) -> None:
    costs = [
        AttentionCost(name=name, tokens=n, milliseconds=n**power / 1e4, mebibytes=1)
        for name, power in (("softmax", 2), ("linear", 1), ("lsh", 1.2))
        for n in (256, 1024, 4096)
    ]
    path = draw_attention(costs, tmp_path)
    assert path.name == "attention.png" and path.stat().st_size > 5000
    drawn = (tmp_path / "attention.svg").read_text()
    assert all(f"<!-- {text} -->" in drawn for text in ("softmax", "linear", "lsh", "kernels", "tokens"))


def test_the_cost_model_is_at_the_rate_of_softmax_attention() -> None:
    softmax = [AttentionCost(name="softmax", tokens=n, milliseconds=n / 10, mebibytes=1, macs=n * 1e6) for n in (8, 16)]
    assert _rate({"softmax": softmax}) == 1e7
    assert _rate({"linear": softmax}) == 0
