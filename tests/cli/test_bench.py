"""hondo bench from end to end."""

import json

import pytest

from hondo.cli.main import main

QUICK = ["--engine", "pytorch", "--size", "32x64", "--runs", "2", "--warmup", "1"]


def test_a_table_and_json(tmp_path, capsys) -> None:
    path = tmp_path / "bench.json"
    assert main(["bench", "unet-light", "--weights", "random", *QUICK, "--batch", "2", "--json", str(path)]) == 0
    assert "unet-light pytorch fp32 32x64" in capsys.readouterr().out
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
    ],
)
def test_bad_input_is_2_and_one_line(arguments, said, capsys) -> None:
    assert main(["bench", *QUICK, *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
