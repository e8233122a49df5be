"""Short fine-tuning of what looks promising, full fine-tuning of the best: each learns from the model as it is."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from hondo.models.base.weights_file import save_model
from hondo.recipes.compression.teach import TeachConfig, teach
from hondo.recipes.fitting.fit_data import FitData
from hondo.recipes.fitting.fit_measure import Workbench
from hondo.recipes.fitting.fit_proxy import Guess
from hondo.recipes.fitting.fit_results import Variant

SURVIVORS = 4  # variants that are trained for a short time
SHORT, FULL = "short", "full"
LR = {SHORT: 3e-4, FULL: 2e-4}
MOST_STEPS = 100_000  # the clock ends a training


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """Trains variants on the data; the weights lie in ``folder``."""

    bench: Workbench
    data: FitData
    folder: Path
    say: Callable[[str], None]

    def tuned(self, variant: Variant, *, how: str, seconds: float, start: str = "") -> str:
        """Trains a variant (from the weights ``start``) for so many seconds; the file of its weights."""
        name = sha256(f"{variant.size_hw} {variant.steps} {how}".encode()).hexdigest()[:12]
        path = self.folder / f"{name}.safetensors"
        if path.is_file():
            return str(path)
        self.say(f"{how} fine-tuning of {variant.label}, {seconds:.0f} s")
        model = deepcopy(self.bench.model_of(variant.steps, start))
        config = TeachConfig(steps=MOST_STEPS, seconds=seconds, lr=LR[how], freeze_norm=not variant.steps)
        teacher = deepcopy(self.bench.model)
        loss = teach(
            model, teacher, self.data.train, config, size_hw=variant.size_hw, teacher_size_hw=self.bench.image_hw,
        )  # fmt: skip
        self.say(f"{how} fine-tuning of {variant.label}: loss {loss:.4f}")
        training = {"fit": {"how": how, "steps": variant.steps, "data": self.data.source, "seconds": seconds}}
        return str(save_model(model, path, licence=self.bench.licence, training=training))


def survivors(guesses: Sequence[Guess], macs_of: Callable[[Variant], int]) -> list[Variant]:
    """Those expected to be within the target that are trained: the lowest expected error, and the most capacity left.

    What differs in engine or precision alone is one network: its most accurate runtime is kept. What looks bad before
    training may be the best after it, so that half of them are chosen by MACs.
    """
    networks: dict[tuple, Guess] = {}
    for guess in guesses:
        networks.setdefault((guess.variant.size_hw, guess.variant.steps), guess)
    by_error = sorted(networks.values(), key=lambda each: each.error)
    chosen = [each.variant for each in by_error[: SURVIVORS // 2]]
    changed = [each.variant for each in by_error if each.variant not in chosen]
    by_macs = sorted(changed, key=lambda variant: -macs_of(variant))
    return chosen + by_macs[: SURVIVORS - len(chosen)]
