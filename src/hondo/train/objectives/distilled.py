"""Learning from teachers: frozen models whose maps and features stand for the truth."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.core.sample import Batch, Samples
from hondo.core.types import DepthKind
from hondo.engines.load import build_depth_model
from hondo.losses.terms import TERMS
from hondo.models.base.depth_model import DepthModel
from hondo.train.objectives.objective import Losses, ObjectiveEntry, freeze_parts, hold_frozen
from hondo.train.objectives.objective_config import DistillationConfig
from hondo.train.objectives.supervised import check_terms
from hondo.train.objectives.supervised import prepare_samples as prepare_labels
from hondo.train.objectives.teachers import Teachers
from hondo.train.objectives.weighted_terms import weighted_terms

OF_FEATURES = {"distil_feature", "distil_attention"}


class Distilled(nn.Module):
    """Loss terms between the student, ``model``, and its teachers, which see the image without colour jitter.

    Teachers are no part of the state of a run. ``distil_feature`` and ``distil_attention`` compare the last features of
    the student's encoder and the first teacher's; the former after a 1x1 convolution of the student's, which is trained
    too and then dropped.
    """

    def __init__(self, model: DepthModel, teachers: DepthModel | Teachers, config: DistillationConfig) -> None:
        super().__init__()
        if isinstance(teachers, DepthModel):
            teachers = Teachers([teachers], flip=config.flip_teacher, size_hw=config.teacher_size_hw)
        _check(model, teachers, config)
        self.model, self.config, self.taught = model, config, teachers
        freeze_parts(model, config.frozen)
        self.project = self._features = None
        if OF_FEATURES & {*config.terms}:
            self._features = LastFeatures(model, teachers.models[0])
        if self._features is not None and "distil_feature" in config.terms:
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
            if self._features is not None:
                student, teacher = self._features.latest()
                extras |= {"own_features": student.float(), "features_teacher": teacher.float()}
                extras |= {} if self.project is None else {"features": self.project(student.float())}
            parts = weighted_terms(maps, batch, kind=self.model.kind, config=self.config, extras=extras)
        total = torch.stack(list(parts.values())).sum()
        return total, {name: part.detach() for name, part in parts.items()}


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
        raise HondoError(
            f"distil_feature and distil_attention compare encoders, and model '{model.name}' has none; leave them out"
        )
    return encoder


def _check(model: DepthModel, teachers: Teachers, config: DistillationConfig) -> None:
    check_terms(config, model, has_teacher=True)
    if not any("is_taught" in TERMS[name].reads for name in config.terms):
        raise HondoError("distillation needs a loss that reads the teacher: distil_log, distil_ssi, ...")
    for each in (model, *teachers.models):
        is_relative = each.kind is DepthKind.RELATIVE_INVERSE_DEPTH
        if is_relative and {"distil_log", "distil_gradient"} & {*config.terms}:
            raise HondoError(f"'{each.name}' gives {each.kind}, which has no logarithm; use objective.terms distil_ssi")


def build_distilled(model: DepthModel, config: DistillationConfig) -> Distilled:
    """The objective with the teachers that the config names; published weights are fetched."""
    models = [build_depth_model(config.teacher, weights=config.teacher_weights, options={})]
    models += [build_depth_model(name, weights=None, options={}) for name in config.more_teachers]
    return Distilled(model, Teachers(models, flip=config.flip_teacher, size_hw=config.teacher_size_hw), config)


def prepare_samples(samples: Samples, model: DepthModel, config: DistillationConfig) -> Samples:
    """The samples as they are; with losses of labels as those need them."""
    reads_labels = any(TERMS[name].needs is not None for name in config.terms)
    return prepare_labels(samples, model, config) if reads_labels else samples


DISTILLATION = ObjectiveEntry(config=DistillationConfig, build=build_distilled, prepare_samples=prepare_samples)
