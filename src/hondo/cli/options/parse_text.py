"""Texts of options into values."""

from typing import Any

from hondo.core.errors import HondoError
from hondo.core.types import Size

# Options of a builder that have a flag of their own.
_FLAGS = {"size_hw": "--size HxW", "weights": "--weights FILE", "name": "--model NAME"} | {
    name: f"--{name} VALUE" for name in ("engine", "device", "precision", "threads", "camera")
}


def parse_options(texts: tuple[str, ...]) -> dict[str, Any]:
    """Options of a model's builder from the texts of ``--option``."""
    options = parse_pairs(texts, option="--option")
    for key in options.keys() & _FLAGS.keys():
        raise HondoError(f"--option {key}=...: give {_FLAGS[key]} instead")
    return options


def parse_pairs(texts: tuple[str, ...], *, option: str) -> dict[str, Any]:
    """``key=value`` texts of a command's ``option``: numbers, true/false, comma lists of them, else text."""
    pairs = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.isidentifier():
            raise HondoError(f"{option} '{text}' must be KEY=VALUE, e.g. {option} num_heads=1")
        pairs[key] = tuple(_value(part) for part in value.split(",")) if "," in value else _value(value)
    return pairs


def parse_size(text: str | None, *, option: str = "--size") -> Size | None:
    """``HxW`` in pixels -> (height, width)."""
    if text is None:
        return None
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) != 2 or not all(part.strip().isdigit() and int(part) > 0 for part in parts):
        raise HondoError(f"{option} '{text}' must be HEIGHTxWIDTH in pixels, e.g. {option} 192x640")
    return int(parts[0]), int(parts[1])


def parse_share(text: str, *, option: str) -> float:
    """A share below 1, from ``1%`` or ``0.01``."""
    number, percent = text.strip().removesuffix("%"), text.strip().endswith("%")
    try:
        share = float(number) / (100 if percent else 1)
    except ValueError:
        share = float("nan")
    if not 0 < share < 1:
        raise HondoError(f"{option} '{text}' must be a share above 0 and below 1, e.g. {option} 1% or {option} 0.01")
    return share


def parse_list(text: str, *, option: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """A comma list of allowed words, each once."""
    words = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    wrong = [word for word in words if word not in allowed]
    if wrong or not words:
        raise HondoError(f"{option} '{text}': {wrong[0] if wrong else 'nothing'} is not one of {', '.join(allowed)}")
    return words


def _value(text: str) -> Any:
    text = text.strip()
    if text.lower() in ("true", "false", "none"):
        return {"true": True, "false": False, "none": None}[text.lower()]
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text
