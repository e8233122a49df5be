"""A TensorRT plan as a file: hondo's mark, a line of JSON (what it is, which card it fits), then the plan itself."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.engines.header import ExportHeader

MARK = b"hondo-tensorrt-plan 1\n"


@dataclass(frozen=True, kw_only=True)
class Card:
    """A plan is machine code: it fits one compute capability and one version of TensorRT, and is tuned to one card."""

    name: str
    capability: str  # NVIDIA's, e.g. 8.6
    tensorrt: str

    def check(self, here: "Card", *, path: Path) -> None:
        """Refuses a plan that was built for another card or by another TensorRT."""
        if (self.name, self.capability) != (here.name, here.capability):
            raise HondoError(
                f"{path} was built for {self.name} (compute {self.capability}), this is {here.name} "
                f"({here.capability}); export it again here"
            )
        if self.tensorrt != here.tensorrt:
            raise HondoError(f"{path} was built by TensorRT {self.tensorrt}, this is {here.tensorrt}; export it again")


def pack(plan: bytes, *, header: ExportHeader, card: Card) -> bytes:
    """The bytes of the file."""
    about = json.dumps({"header": header.to_json(), "card": asdict(card)})
    return MARK + about.encode() + b"\n" + plan


def unpack(content: bytes, *, path: Path) -> tuple[ExportHeader, Card, bytes]:
    """What ``pack`` put in; a plan that another program wrote does not say what it takes and gives, and is refused."""
    if not content.startswith(MARK):
        raise HondoError(f"{path} is no plan of hondo's; make it with hondo export --to tensorrt")
    about, _, plan = content[len(MARK) :].partition(b"\n")
    try:
        stored = json.loads(about)
        return ExportHeader.from_json(stored["header"], path=path), Card(**stored["card"]), plan
    except (KeyError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise HondoError(f"{path}: what it says of itself cannot be read ({error}); export it again") from error
