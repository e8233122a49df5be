"""The processor: its name and instruction sets, from the formats in which operating systems list them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hondo.core import processor

INTEL = "processor\t: 0\nmodel name\t: Some Xeon\nflags\t\t: fpu avx2 avx512f avx512_vnni amx_bf16 amx_int8\n"
ARM = "processor\t: 0\nFeatures\t: fp asimd asimdhp asimddp sve bf16 i8mm\n"


@pytest.fixture
def cpuinfo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "cpuinfo"
    monkeypatch.setattr(processor, "CPUINFO", path)
    processor.instruction_sets.cache_clear()
    yield path
    processor.instruction_sets.cache_clear()


def test_an_intel_processor(cpuinfo: Path) -> None:
    cpuinfo.write_text(INTEL * 2)
    assert processor.processor_name() == "Some Xeon"
    assert processor.instruction_sets() == ("AVX2", "AVX-512", "VNNI", "AMX bf16", "AMX int8")
    assert processor.hardware().startswith("Some Xeon, AVX2, AVX-512, VNNI, AMX bf16, AMX int8, ")


def test_an_arm_processor(cpuinfo: Path) -> None:
    cpuinfo.write_text(ARM)
    assert processor.instruction_sets() == ("NEON", "Arm dot product", "Arm bf16", "Arm fp16", "Arm i8mm", "SVE")


def test_an_unknown_processor_has_none(cpuinfo: Path) -> None:
    cpuinfo.write_text("processor : 0\n")
    assert processor.instruction_sets() == ()


def test_macos(cpuinfo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = "hw.optional.neon: 1\nhw.optional.arm.FEAT_BF16: 1\nhw.optional.arm.FEAT_SME: 0\n"
    monkeypatch.setattr(processor.platform, "system", lambda: "Darwin")
    monkeypatch.setattr(processor.subprocess, "run", lambda *_args, **_kw: type("Done", (), {"stdout": listed}))
    assert processor.instruction_sets() == ("NEON", "Arm bf16")
