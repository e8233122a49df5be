"""hondo bench from end to end."""

import json

import pytest

from hondo.cli.main import main

# Fewer than ten runs are never doubted: a busy machine does not fail these.
QUICK = ["--engine", "pytorch", "--size", "32x64", "--runs", "2", "--warmup", "1"]


def test_a_table_and_json(tmp_path, capsys) -> None:
    path = tmp_path / "bench.json"
    assert main(["bench", "unet-light", "--weights", "random", *QUICK, "--batch", "2", "--json", str(path)]) == 0
    assert "unet-light torch fp32 32x64" in capsys.readouterr().out
    (result,) = json.loads(path.read_text())["results"]
    assert result["batch"] == 2 and result["size_hw"] == [32, 64] and result["runs"] == 2
    assert result["min_ms"] <= result["median_ms"] <= result["p95_ms"]
    assert result["gmacs"] > 0 and result["parameters"] > 1000 and result["peak_memory_mib"] > 1
    assert result["fps"] > 0 and result["throughput"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no MODEL given"),
        (["unet-lihgt"], "unet-light"),
        (["unet-light", "--batch", "0"], "batch 0"),
        (["unet-light", "--size", "33x64"], "multiple of"),
        (["unet-light", "--threads", "0"], "threads must be at least 1"),
        (["gone.onnx"], "gone.onnx: no such file"),
        (["unet-light", "--ab"], "--ab takes two models, got 1"),
        (["unet-light", "--protocol", "dpt40"], "did you mean dpt400"),
    ],
)
def test_bad_input_is_2_and_one_line(arguments, said, capsys) -> None:
    assert main(["bench", *QUICK, *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_kinds_of_attention(monkeypatch, tmp_path, capsys) -> None:
    from hondo.evaluate.speed import attention_cost

    monkeypatch.setattr(attention_cost, "GRIDS", ((2, 2), (3, 3)))
    path = tmp_path / "attention.json"
    assert main(["bench", "attention", "softmax", "linear", "--json", str(path)]) == 0
    assert "| linear |" in capsys.readouterr().out
    names = {row["name"] for row in json.loads(path.read_text())["rows"]}
    assert {"4 tokens", "9 tokens"} <= names
    assert main(["bench", "attention", "softmix"]) == 2
    assert "softmax" in capsys.readouterr().err


def test_two_are_compared_in_turn(tmp_path, capsys) -> None:
    path = tmp_path / "ab.json"
    names = ["unet-light@pytorch", "unet-light@torch:bf16"]
    assert (
        main(["bench", *names, "--weights", "random", *QUICK, "--ab", "--force", "--no-roof", "--json", str(path)]) == 0
    )
    assert "latency ratio unet-light@torch:bf16 / unet-light@pytorch:" in capsys.readouterr().out
    stored = json.loads(path.read_text())
    assert [result["precision"] for result in stored["results"]] == ["fp32", "bf16"]
    assert stored["versus"]["low"] <= stored["versus"]["ratio"] <= stored["versus"]["high"]
    assert stored["roof"] is None


def test_a_protocol_fixes_the_size(capsys) -> None:
    assert main(["bench", "unet-light", "--protocol", "dpt400", "--size", "32x64"]) == 2
    assert "fixes sizes and batch" in capsys.readouterr().err


def test_a_restless_machine_gives_no_conclusion(monkeypatch, capsys) -> None:
    from hondo.evaluate.speed.timing import Timing

    monkeypatch.setattr(Timing, "doubts", lambda self: ("others use these cores",))
    arguments = ["bench", "unet-light", "--weights", "random", *QUICK, "--no-roof"]
    assert main(arguments) == 3
    assert "no conclusion: unet-light torch: others use these cores" in capsys.readouterr().err
    assert main([*arguments, "--force"]) == 0
