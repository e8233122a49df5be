"""``hondo fleet``: starts and stops machines for studies and batch prediction."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError, unknown

if TYPE_CHECKING:
    from hondo.fleet.deploy.fleet_config import FleetConfig

EXIT_FAILED = 1
COMMAND = "import sys; from hondo.cli.main import main; sys.exit(main())"  # this hondo, for a local fleet
FileArgument = Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FLEET.YAML")]


@dataclass(frozen=True, kw_only=True)
class FleetCheck:
    """Looks for everything that would fail, before anything starts: exit 1 if something would."""

    file: FileArgument
    write: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """Write the cluster file of Ray and a task of SkyPilot there, to read or to launch by hand."""
    address: Annotated[str | None, tyro.conf.arg(metavar="RAY")] = None
    """Of a cluster that is up: connect to it too, which shows whether it answers and has the same versions."""


@dataclass(frozen=True, kw_only=True)
class FleetUp:
    """Shows what will start and about what it costs, asks, and starts it."""

    file: FileArgument
    yes: bool = False
    """Do not ask."""


@dataclass(frozen=True, kw_only=True)
class FleetSubmit:
    """Runs a command of hondo on the fleet: hondo fleet submit fleet.yaml study mine.toml --out s3://bucket/mine."""

    file: FileArgument
    command: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="COMMAND...")] = ()
    """study or predict with their options; the address is added."""


@dataclass(frozen=True, kw_only=True)
class FleetStatus:
    """The machines that are up, and the commands that were submitted."""

    file: FileArgument


@dataclass(frozen=True, kw_only=True)
class FleetLogs:
    """What a submitted command has printed."""

    file: FileArgument
    job: Annotated[int | None, tyro.conf.arg(metavar="N")] = None
    """Its number. Default: the last one."""


@dataclass(frozen=True, kw_only=True)
class FleetDown:
    """Stops every machine; results stay in the bucket."""

    file: FileArgument


FleetAction = FleetCheck | FleetUp | FleetSubmit | FleetStatus | FleetLogs | FleetDown
ACTIONS: dict[str, type[Any]] = {
    "check": FleetCheck, "up": FleetUp, "submit": FleetSubmit, "status": FleetStatus, "logs": FleetLogs,
    "down": FleetDown,
}  # fmt: skip


def parse(arguments: Sequence[str]) -> FleetAction:
    """The action, the file, and its options; what follows the file of ``submit`` is the command."""
    if not arguments or arguments[0] in ("-h", "--help"):
        lines = ["usage: hondo fleet ACTION FLEET.YAML [options]", ""]
        print(
            "\n".join([*lines, *(f"  {name:<8}{(action.__doc__ or '').strip()}" for name, action in ACTIONS.items())])
        )
        raise SystemExit(0 if arguments else 2)
    name, *rest = arguments
    if name not in ACTIONS:
        raise unknown("action", name, ACTIONS)
    if name == "submit" and rest and not rest[0].startswith("-"):
        return FleetSubmit(file=Path(rest[0]), command=tuple(rest[1:]))
    return tyro.cli(ACTIONS[name], args=rest, prog=f"hondo fleet {name}")


def run(action: FleetAction) -> int:
    from hondo.fleet.deploy.fleet_config import read_fleet
    from hondo.fleet.deploy.lifecycle import fleet_named

    config = read_fleet(action.file)
    if isinstance(action, FleetCheck):
        return _check(config, write=action.write, address=action.address)
    fleet = fleet_named(config, hondo=(sys.executable, "-c", COMMAND))
    if isinstance(action, FleetUp):
        return _up(config, fleet, is_agreed=action.yes)
    if isinstance(action, FleetSubmit):
        if not action.command or action.command[0] not in ("study", "predict"):
            raise HondoError("submit takes a command after the file: study STUDY ..., or predict SOURCE ...")
        print(fleet.submit(action.command))
    elif isinstance(action, FleetLogs):
        print(fleet.logs(action.job))
    else:
        print(fleet.status() if isinstance(action, FleetStatus) else fleet.down())
    return 0


def _check(config: "FleetConfig", *, write: Path | None, address: str | None) -> int:
    from hondo.fleet.deploy.fleet_check import check_fleet

    findings = check_fleet(config, address=address)
    for each in findings:
        print(f"{'FAILS' if each.error else 'ok   '} {each.what}: {each.error or each.text}")
    if write is not None:
        _write(config, write)
    return EXIT_FAILED if any(each.error for each in findings) else 0


def _write(config: "FleetConfig", folder: Path) -> None:
    import yaml

    from hondo.fleet.deploy.cluster_yaml import cluster_of
    from hondo.fleet.deploy.sky_task import sky_task

    command = f"hondo study STUDY --address auto --out {config.bucket}/STUDY"
    for name, value in (
        ("cluster.yaml", cluster_of(config, token=Path("token"))),
        ("sky.yaml", sky_task(config, command=command)),
    ):
        print(f"written: {atomic_write(folder / name, yaml.safe_dump(value, sort_keys=False).encode())}")


def _up(config: "FleetConfig", fleet: Any, *, is_agreed: bool) -> int:
    from hondo.fleet.deploy.fleet_check import check_fleet
    from hondo.fleet.deploy.lifecycle import plan_text

    for each in check_fleet(config):
        if each.error:
            raise HondoError(f"{each.what}: {each.error}")
    print(plan_text(config))
    if not is_agreed and not _agrees():
        print("nothing was started")
        return EXIT_FAILED
    print(fleet.up())
    return 0


def _agrees() -> bool:
    print("start it? [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
