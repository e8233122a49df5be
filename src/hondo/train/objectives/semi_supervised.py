"""Learning from views and labels at once: sparse LiDAR or matched disparity beside photometric reprojection."""

import torch
from torch import nn

from hondo.core.errors import HondoError
from hondo.core.sample import Batch, Samples
from hondo.data.loading.proxy_depth import WithProxyDepth
from hondo.models.base.depth_model import DepthModel
from hondo.train.objectives.objective import Losses, ObjectiveEntry, freeze_parts, hold_frozen
from hondo.train.objectives.objective_config import SemiSupervisedConfig
from hondo.train.objectives.self_supervised import SelfSupervised, build_self_supervised, check_views
from hondo.train.objectives.self_supervised import prepare_samples as prepare_views
from hondo.train.objectives.supervised import check_terms
from hondo.train.objectives.supervised import prepare_samples as prepare_labels
from hondo.train.objectives.weighted_terms import weighted_terms


class SemiSupervised(nn.Module):
    """The losses of SelfSupervised, plus loss terms where depth is known; one pass through the model."""

    def __init__(self, photometric: SelfSupervised, config: SemiSupervisedConfig) -> None:
        super().__init__()
        check_terms(config, photometric.model)
        if "smoothness" in config.terms:
            raise HondoError("give smoothness as objective.photometric.smoothness, not among objective.terms")
        self.photometric, self.config = photometric, config
        freeze_parts(photometric.model, config.frozen)

    @property
    def model(self) -> DepthModel:
        """The depth model that is trained."""
        return self.photometric.model

    def train(self, mode: bool = True) -> "SemiSupervised":
        """Training mode, except for frozen parts."""
        super().train(mode)
        hold_frozen(self.model, parts=self.config.frozen, freeze_norm=self.config.freeze_norm)
        return self

    def forward(self, batch: Batch) -> Losses:
        check_views(batch)
        seen = batch.image if batch.augmented is None else batch.augmented
        maps = self.model(seen)
        parts = self.photometric.parts(batch, seen, maps)
        with torch.autocast(seen.device.type, enabled=False):
            parts |= weighted_terms(maps, batch, kind=self.model.kind, config=self.config)
        total = torch.stack(list(parts.values())).sum()
        return total, {name: part.detach() for name, part in parts.items()}


def build_semi_supervised(model: DepthModel, config: SemiSupervisedConfig) -> SemiSupervised:
    """The objective with the pose network that its photometric part asks for."""
    return SemiSupervised(build_self_supervised(model, config.photometric), config)


def prepare_samples(samples: Samples, model: DepthModel, config: SemiSupervisedConfig) -> Samples:
    """The samples with poses, and with matched depth if the config asks for it; a metric loss makes a metric model."""
    samples = prepare_views(samples, model, config.photometric)
    samples = WithProxyDepth(samples) if config.proxy else samples
    return prepare_labels(samples, model, config)


SEMI_SUPERVISED = ObjectiveEntry(
    config=SemiSupervisedConfig, build=build_semi_supervised, prepare_samples=prepare_samples
)
