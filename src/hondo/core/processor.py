"""The processor of this machine: its name, its usable cores, and the instruction sets that matter for networks."""

import os
import platform
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
# What users call an instruction set -> the flags of Linux (x86, then Arm) and of macOS; any of them is enough.
INSTRUCTION_SETS = {
    "AVX2": {"avx2"},
    "AVX-512": {"avx512f"},
    "VNNI": {"avx512_vnni", "avx_vnni"},
    "AVX-512 bf16": {"avx512_bf16"},
    "AVX-512 fp16": {"avx512_fp16"},
    "AMX bf16": {"amx_bf16"},
    "AMX int8": {"amx_int8"},
    "AMX fp16": {"amx_fp16"},
    "NEON": {"asimd", "neon", "advsimd"},
    "Arm dot product": {"asimddp", "feat_dotprod"},
    "Arm bf16": {"bf16", "feat_bf16"},
    "Arm fp16": {"asimdhp", "feat_fp16"},
    "Arm i8mm": {"i8mm", "feat_i8mm"},
    "SVE": {"sve"},
    "SVE2": {"sve2"},
    "SME": {"sme", "feat_sme"},
}


def hardware() -> str:
    """The processor, its instruction sets, its usable cores and the operating system, in a few words."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return ", ".join([processor_name(), *instruction_sets(), f"{cores} cores", platform.system()])


def processor_name() -> str:
    """The model of the processor, as the operating system names it."""
    return next(iter(_cpuinfo("model name")), platform.processor() or platform.machine())


@cache
def instruction_sets() -> tuple[str, ...]:
    """The vector and matrix instruction sets of this processor; empty where the operating system does not tell."""
    flags = {flag for line in (*_cpuinfo("flags"), *_cpuinfo("Features")) for flag in line.lower().split()}
    return named_sets(flags or _flags_of_macos())


def named_sets(flags: Iterable[str]) -> tuple[str, ...]:
    """Flags of a processor -> the instruction sets they stand for, in the order of ``INSTRUCTION_SETS``."""
    given = set(flags)
    return tuple(name for name, any_of in INSTRUCTION_SETS.items() if any_of & given)


def _cpuinfo(field: str) -> list[str]:
    """The values of a field of Linux's /proc/cpuinfo, one for each core; none on another system."""
    if not CPUINFO.exists():
        return []
    lines = (line.partition(":") for line in CPUINFO.read_text(errors="replace").splitlines())
    return [value.strip() for name, _, value in lines if name.strip() == field]


def _flags_of_macos() -> set[str]:
    """The features that macOS lists with the value 1, for example ``hw.optional.arm.FEAT_BF16: 1``."""
    if platform.system() != "Darwin":
        return set()
    listed = subprocess.run(["sysctl", "hw.optional"], capture_output=True, text=True, check=False).stdout
    pairs = (line.rpartition(":") for line in listed.lower().splitlines())
    return {name.rpartition(".")[2] for name, _, value in pairs if value.strip() == "1"}
