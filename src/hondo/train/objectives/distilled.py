"""Learning from a teacher: a frozen model whose maps and features stand for the truth."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.core.sample import Batch, Samples
from hondo.core.types import DepthKind
from hondo.losses.terms import TERMS
from hondo.models.base.depth_model import DepthModel
from hondo.models.registry.build_model import build_model
from hondo.train.objectives.objective import Losses, ObjectiveEntry, both_units, freeze_parts, hold_frozen, resized
from hondo.train.objectives.objective_config import DistillationConfig
from hondo.train.objectives.supervised import check_terms
from hondo.train.objectives.supervised import prepare_samples as prepare_labels
from hondo.train.objectives.weighted_terms import weighted_terms


class Distilled(nn.Module):
    """Loss terms between the student, ``model``, and its teacher, which sees the image without colour jitter.

    The teacher is no part of the state of a run. With ``distil_feature`` the last features of both encoders are
    compared, after a 1x1 convolution of the student's, which is trained too and then dropped.
    """

    def __init__(self, model: DepthModel, teacher: DepthModel, config: DistillationConfig) -> None:
        super().__init__()
        _check(model, teacher, config)
        self.model, self.config = model, config
        self._teacher = (teacher.eval().requires_grad_(False),)  # in a tuple: no submodule
        freeze_parts(model, config.frozen)
        self.project = self._features = None
        if "distil_feature" in config.terms:
            self._features = LastFeatures(model, teacher)
            self.project = nn.Conv2d(*self._features.channels, 1)

    def train(self, mode: bool = True) -> "Distilled":
        """Training mode, except for what is frozen."""
        super().train(mode)
        hold_frozen(self.model, parts=self.config.frozen, freeze_norm=self.config.freeze_norm)
        return self

    def forward(self, batch: Batch) -> Losses:
        inv_depth_teacher = self.taught(batch.image)
        maps = self.model(batch.image if batch.augmented is None else batch.augmented)
        with torch.autocast(batch.image.device.type, enabled=False):
            is_taught = inv_depth_teacher.isfinite() & (inv_depth_teacher > 0)
            extras: dict[str, Tensor] = {"inv_depth_teacher": inv_depth_teacher, "is_taught": is_taught}
            if self._features is not None and self.project is not None:
                student, teacher = self._features.latest()
                extras |= {"features": self.project(student.float()), "features_teacher": teacher.float()}
            parts = weighted_terms(maps, batch, kind=self.model.kind, config=self.config, extras=extras)
        total = torch.stack(list(parts.values())).sum()
        return total, {name: part.detach() for name, part in parts.items()}

    @torch.no_grad()
    def taught(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 h w"]:
        """The teacher's inverse depth at the size of the image."""
        teacher = self._teacher[0].to(image.device)
        spec, size_hw = teacher.input_spec, image.shape[-2:]
        if spec.fixed:
            image = nn.functional.interpolate(image, size=spec.size_hw, mode="bilinear", antialias=True)
        values = resized(teacher(image)[0].float(), size_hw)
        return both_units(values, teacher.kind)["inv_depth"]


class LastFeatures:
    """What the encoders of student and teacher gave last: the coarsest map of each."""

    def __init__(self, student: DepthModel, teacher: DepthModel) -> None:
        encoders = [_encoder(model) for model in (student, teacher)]
        self.channels: tuple[int, int] = (encoders[0].channels[-1], encoders[1].channels[-1])
        self._maps: dict[int, Tensor] = {}
        for place, encoder in enumerate(encoders):
            encoder.register_forward_hook(lambda module, inputs, maps, place=place: self._keep(place, maps))

    def _keep(self, place: int, maps: list[Tensor]) -> None:
        self._maps[place] = maps[-1]

    def latest(self) -> tuple[Float[Tensor, "b c _ _"], Float[Tensor, "b d _ _"]]:
        """The student's and the teacher's."""
        return self._maps[0], self._maps[1]


def _encoder(model: DepthModel) -> Any:
    encoder = getattr(model.network, "encoder", None)
    if encoder is None or not hasattr(encoder, "channels"):
        raise HondoError(f"loss 'distil_feature' compares encoders, and model '{model.name}' has none; leave it out")
    return encoder


def _check(model: DepthModel, teacher: DepthModel, config: DistillationConfig) -> None:
    check_terms(config, model, has_teacher=True)
    if not any("is_taught" in TERMS[name].reads for name in config.terms):
        raise HondoError("distillation needs a loss that reads the teacher: distil_log, distil_ssi, ...")
    for each in (model, teacher):
        is_relative = each.kind is DepthKind.RELATIVE_INVERSE_DEPTH
        if is_relative and {"distil_log", "distil_gradient"} & {*config.terms}:
            raise HondoError(f"'{each.name}' gives {each.kind}, which has no logarithm; use objective.terms distil_ssi")


def build_distilled(model: DepthModel, config: DistillationConfig) -> Distilled:
    """The objective with the teacher that the config names."""
    teacher = build_model(config.teacher, config.teacher_weights)
    if not isinstance(teacher, DepthModel):
        raise HondoError(f"objective.teacher '{config.teacher}' is not a depth model", field="objective.teacher")
    return Distilled(model, teacher, config)


def prepare_samples(samples: Samples, model: DepthModel, config: DistillationConfig) -> Samples:
    """The samples as they are; with losses of labels as those need them."""
    reads_labels = any(TERMS[name].needs is not None for name in config.terms)
    return prepare_labels(samples, model, config) if reads_labels else samples


DISTILLATION = ObjectiveEntry(config=DistillationConfig, build=build_distilled, prepare_samples=prepare_samples)
