"""Python arguments in error messages as flags: ``device`` -> ``--device``, ``size_hw`` -> ``--size``."""

import re

from hondo.core.errors import HondoError, reason_of

# Python arguments whose flag has the same name, with - for _.
SAME_NAME = frozenset((
    "accept_licence", "align", "allow_origin", "batch", "calibration", "calibration_count", "camera", "check", "data",
    "depth", "device", "dynamic", "engine", "every", "figures", "flip", "force", "fps", "host", "limit", "lists",
    "max_drop", "max_megapixels", "min_size", "model", "offline", "option", "out", "palette", "png_factor", "port",
    "pose", "poses", "precision", "pred_kind", "protocol", "record", "rerun", "resume", "root", "runs", "save",
    "seconds", "skip_nan", "split", "threads", "truth", "warmup", "weights",
))  # fmt: skip
RENAMED = {
    "size_hw": "--size",
    "image_hw": "--picture",
    "models": "--model",
    "options": "--option",
    "allow_origins": "--allow-origin",
}
# Options of data sets that messages name: fields of a recipe's data; `hondo data` has them as --data-option name=value.
_OF_DATA = (
    "baseline", "camera", "crop", "mask", "max_depth", "partner_orientation", "poses", "sources", "start", "stop",
    "with_depth",
)  # fmt: skip
# Where a command names an argument in its own way; None: it has no flag, the name is left as it is.
OF_COMMAND: dict[str, dict[str, str | None]] = {
    "doctor": {"baseline": "--baseline"},
    "bench": {"model": "MODEL", "models": "MODEL", "compare": "--ab"},
    "compress": {"model": "MODEL", "images": "--calibration"},
    "evaluate": {"model": "MODEL", "divide_by": "--divide-by"},
    "export": {"engine": "--to", "model": "MODEL"},
    "train": {"root": "--data"} | {name: f"--data.{name.replace('_', '-')}" for name in (*_OF_DATA, "split", "lists")},
    "data": dict.fromkeys((*_OF_DATA, "depth"), None),
}
# An argument with a value in a message: engine="torch", camera=FILE, size_hw=(192, 640), dynamic=True.
QUOTES = "\"'"
_ASSIGNED = re.compile(
    r"""(?<![-\w.?&])(?P<name>[a-z_]+(?:\.[a-z_]+)*)=(?P<value>"[^"]*"|'[^']*'|\([^)]*\)|[^\s,;)]*)"""
)


def flag_of(field: str, *, command: str = "") -> str | None:
    """The flag of a Python argument; None if it has none. Fields of a recipe keep their dots: ``--optim.lr``."""
    named = RENAMED | OF_COMMAND.get(command, {})
    if field in named:
        return named[field]
    return f"--{field.replace('_', '-')}" if field in SAME_NAME or "." in field else None


def message_with_flags(error: BaseException, *, command: str = "") -> str:
    """An error's message as one line in which Python arguments are written as the flags of ``command``."""
    text = text_with_flags(reason_of(error), command=command)
    field = error.field if isinstance(error, HondoError) else None
    flag = None if field is None else flag_of(field, command=command)
    if field is None or flag is None or flag in text:
        return text
    named, count = re.subn(rf"(?<![-\w./]){re.escape(field)}(?![-\w.=/])", flag, text, count=1)
    return named if count else f"{flag}: {text}"


def text_with_flags(text: str, *, command: str = "") -> str:
    """``text`` with every ``argument=value`` written as ``--argument value``."""

    def replaced(found: re.Match[str]) -> str:
        flag, value = flag_of(found["name"], command=command), found["value"]
        if flag is None:
            return found[0]
        if value in ("True", "False"):
            return flag if value == "True" else flag.replace("--", "--no-", 1)
        if pair := re.fullmatch(r"\((\d+), *(\d+)\)", value):
            value = f"{pair[1]}x{pair[2]}"
        return f"{flag} {value.strip(QUOTES)}".rstrip()

    return _ASSIGNED.sub(replaced, text)
