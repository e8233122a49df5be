"""The Dockerfiles, which nobody builds here: pinned bases, no root, no secrets, and only what the project declares."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "docker").glob("*.Dockerfile"))
WITH_HONDO = [path for path in FILES if path.stem != "jetpack6"]  # that one runs an exported file without hondo
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
INSTRUCTIONS = {"ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "RUN", "USER", "WORKDIR"}
# Not in the tested set: TensorRT exists for machines with an NVIDIA GPU only, and its version follows the driver's.
UNPINNED = {"tensorrt"}


def instructions(text: str) -> list[tuple[str, str]]:
    """(instruction, the rest) of each logical line; comments and continuations resolved."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    logical = re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in logical]


def problems(text: str) -> list[str]:
    """What a linter would say."""
    steps = instructions(text)
    names = [name for name, _ in steps]
    found = [f"unknown instruction {name}" for name in names if name not in INSTRUCTIONS]
    bases = [rest for name, rest in steps if name == "FROM"]
    found += [f"base {base} is not pinned" for base in bases if not re.search(r":[\w.-]*\d+\.\d+[\w.-]*$", base)]
    users = [(index, rest) for index, (name, rest) in enumerate(steps) if name == "USER"]
    if not users or users[-1][1] in ("root", "0") or users[-1][0] > names.index("ENTRYPOINT"):
        found.append("it runs as root")
    if re.search(r"(?i)password|secret|token|api_?key|BEGIN .*PRIVATE", text):
        found.append("it holds a secret")
    installs = [rest for name, rest in steps if name == "RUN" and "apt-get install" in rest]
    tidy = ("--no-install-recommends", "rm -rf /var/lib/apt/lists/*")
    found += ["apt-get leaves more than is needed" for rest in installs if not all(part in rest for part in tidy)]
    for rest in (rest for name, rest in steps if name == "COPY"):
        found += [f"{source} is not here" for source in rest.split()[:-1] if not (ROOT / source).exists()]
    return found


def extras(text: str) -> list[str]:
    (listed,) = re.findall(r'"/build\[([\w,]+)\]"', text)
    return listed.split(",")


def pinned() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if "==" in line and not line.startswith("#")]
    return {name.strip().lower(): Version(version.strip()) for name, version in pairs}


def test_there_is_one_for_each_kind_of_machine() -> None:
    assert [path.name.split(".")[0] for path in FILES] == ["cpu", "cuda", "jetpack6", "jetson"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_sound(path: Path) -> None:
    assert problems(path.read_text()) == []


@pytest.mark.parametrize("path", WITH_HONDO, ids=lambda path: path.stem)
def test_it_serves_and_caches(path: Path) -> None:
    """Dependencies come before the sources, so that a changed source does not fetch PyTorch again."""
    steps = instructions(path.read_text())
    (entry,) = [rest for name, rest in steps if name == "ENTRYPOINT"]
    assert json.loads(entry) == ["hondo"] and "hondo" in PROJECT["scripts"]
    order = [index for index, (name, rest) in enumerate(steps) if name == "COPY" or "pip install" in rest]
    said = [steps[index][1] for index in order]
    assert said[0].startswith("pyproject.toml constraints.txt") and "constraints.txt" in said[2]
    assert said[3] == "src /build/src" and "--no-deps" in said[4]
    assert ("EXPOSE", "8000") in steps and "serve" in extras(path.read_text())
    (check,) = [rest for name, rest in steps if name == "HEALTHCHECK"]
    assert "/readyz" in check
    command = json.loads(check[check.index("[") :])
    compile(command[2], "HEALTHCHECK", "exec")
    (made,) = [rest for name, rest in steps if "useradd" in rest]
    assert "mkdir -m 1777 /cache" in made and ("USER", "10001") in steps  # whoever --user names may write


def test_the_compose_file_starts_the_service_and_prometheus() -> None:
    compose = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())
    services = compose["services"]
    build = services["hondo"]["build"]
    assert (ROOT / "docker" / build["context"] / build["dockerfile"]).is_file()
    assert all(port.startswith("127.0.0.1:") for service in services.values() for port in service["ports"])
    scrape = yaml.safe_load(compose["configs"]["prometheus"]["content"])["scrape_configs"][0]
    assert scrape["static_configs"] == [{"targets": ["hondo:8000"]}]
    assert scrape["authorization"]["credentials"] == "${HONDO_TOKEN}"


@pytest.mark.parametrize("path", WITH_HONDO, ids=lambda path: path.stem)
def test_what_it_installs_is_declared_and_the_pins_fit(path: Path) -> None:
    text = path.read_text()
    assert "-c /build/constraints.txt" in text
    versions = pinned()
    wanted = list(PROJECT["dependencies"])
    for extra in extras(text):
        wanted += PROJECT["optional-dependencies"][extra]
    for requirement in map(Requirement, wanted):
        name = requirement.name.lower()
        if name in UNPINNED:
            continue
        assert name in versions, f"{name} has no version in constraints.txt"
        assert versions[name] in requirement.specifier, f"{name} {versions[name]} does not meet {requirement}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: re.sub(r"FROM .*", "FROM python:latest", text), "not pinned"),
        (lambda text: text.replace("USER 10001", "USER root"), "runs as root"),
        (lambda text: text.replace("USER 10001\n", ""), "runs as root"),
        (lambda text: text + "ENV API_KEY=x\n", "secret"),
        (lambda text: text.replace("COPY src ", "COPY gone "), "gone is not here"),
        (lambda text: text.replace("WORKDIR", "WROKDIR"), "WROKDIR"),
    ],
)
def test_a_fault_is_seen(change, said) -> None:
    assert any(said in problem for problem in problems(change(FILES[0].read_text())))
