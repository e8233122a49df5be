"""Reads ``hooks=0,1 | heads=1 | width=0.5`` and applies the steps in order, with a record of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hondo.compress.compressor import Compressor, Images, Step, Tools, is_number
from hondo.compress.kept import Kept
from hondo.compress.registry import COMPRESSORS
from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.macs import count_macs, count_parameters
from hondo.models.base.packed_weights import stored_bytes
from hondo.models.registry.build_model import Model


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A model after a step ("as it was" before all): its cost, and what became of its weights."""

    step: str
    parameters: int
    macs: int
    bytes: int  # of the weights as they are stored
    nonzero: int  # of the parameters
    size_hw: tuple[int, int]
    kept: Kept | None = None


def parse_steps(text: str) -> tuple[Step, ...]:
    """The steps between vertical bars; each is NAME=VALUE, and words behind colons."""
    steps = []
    for part in text.split("|"):
        name, _, rest = part.strip().partition("=")
        value, *words = (word.strip() for word in rest.split(":"))
        entry, step = COMPRESSORS[name.strip()], Step(name=name.strip(), value=value, words=tuple(words))
        if not value:
            raise step.wrong(f"NAME=VALUE, e.g. {entry.example}")
        strange = [word for word in words if not _is_allowed(word, entry)]
        if strange:
            allowed = f"it takes {', '.join(entry.words)}" if entry.words else "it takes none"
            raise HondoError(f"step '{step}': '{strange[0]}' is none of its words; {allowed}")
        steps.append(step)
    return tuple(steps)


def _is_allowed(word: str, entry: Compressor) -> bool:
    return word.partition("=")[0] in entry.words or (entry.takes_number and is_number(word))


def compress(
    model: Model,
    steps: str | Sequence[Step],
    *,
    images: Images = (),
    tools: Tools | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> tuple[DepthModel, tuple[Stage, ...]]:
    """The model after all steps, and a record of the start and of each; ``model`` itself stays as it is.

    ``images``: for steps that look at activations or gradients; ``tools`` holds them with what else steps may use. A
    step that does not apply raises HondoError.
    """
    tools = tools or Tools(images=images)
    if not isinstance(model, DepthModel):
        raise HondoError(f"'{model.name}' is a pose network; compression is for depth models")
    steps = parse_steps(steps) if isinstance(steps, str) else steps
    stages = [stage_of(model, "as it was")]
    for step in steps:
        check_applies(model, step)
        result = COMPRESSORS[step.name].apply(model, replace(step, tools=tools))
        model = result.model
        stages.append(stage_of(model, str(step), kept=result.kept))
        if on_progress is not None:
            on_progress(f"{step}: {result.kept}")
    return model, tuple(stages)


def check_applies(model: DepthModel, step: Step) -> None:
    """Refuses a step that the model has nothing for, and names those that do apply."""
    if not COMPRESSORS[step.name].applies(model):
        fitting = [name for name, entry in COMPRESSORS.items() if entry.applies(model)]
        raise HondoError(
            f"step '{step}' does not apply to model '{model.name}'; these do: {', '.join(fitting) or 'none'}"
        )


def stage_of(model: DepthModel, step: str, *, kept: Kept | None = None) -> Stage:
    """What the model costs now."""
    height, width = model.input_spec.size_hw
    return Stage(
        step=step,
        parameters=count_parameters(model),
        macs=count_macs(model),
        bytes=stored_bytes(model.state_dict(), model.packing),
        nonzero=sum(int(parameter.count_nonzero()) for parameter in model.parameters()),
        size_hw=(height, width),
        kept=kept,
    )
