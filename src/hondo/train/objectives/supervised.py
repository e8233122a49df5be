"""Learning from depth labels."""

from collections.abc import Sequence
from statistics import median

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from hondo.core.errors import HondoError, warn
from hondo.core.sample import Batch, Sample, Samples
from hondo.core.truth_kind import UNDERSTOOD, TruthKind
from hondo.core.types import DepthKind
from hondo.data.datasets.dataset_check import FAR_M, NEAR_M
from hondo.data.loading.bad_samples import readable_ones
from hondo.losses.relations.drawn_points import draw_points
from hondo.losses.terms import TERMS
from hondo.models.base.completion import CompletionModel
from hondo.models.base.depth_model import DepthModel
from hondo.models.decoders.adaptive_bins import BinnedModel
from hondo.train.objectives.adversary import Adversary
from hondo.train.objectives.objective import Losses, ObjectiveEntry, both_units, freeze_parts, hold_frozen, resized
from hondo.train.objectives.objective_config import SupervisedConfig
from hondo.train.objectives.weighted_terms import Parts, check_options, truth_of, weighted_terms

METRIC_TERMS = [name for name in TERMS if "depth" in TERMS[name].reads and TERMS[name].needs is TruthKind.METRIC]
SAMPLES_CHECKED = 8  # before a run


class Supervised(nn.Module):
    """The weighted sum of loss terms over all maps of ``model``, each resized to the size of the image."""

    def __init__(self, model: DepthModel, config: SupervisedConfig) -> None:
        super().__init__()
        check_terms(config, model)
        self.model, self.config = model, config
        freeze_parts(model, config.frozen)
        self.adversary = Adversary() if config.adversarial else None

    def train(self, mode: bool = True) -> "Supervised":
        """Training mode, except for what is frozen."""
        super().train(mode)
        hold_frozen(self.model, parts=self.config.frozen, freeze_norm=self.config.freeze_norm)
        return self

    def forward(self, batch: Batch) -> Losses:
        if (batch.depth_gt is None or batch.valid is None) and batch.pairs is None:
            raise HondoError(
                "supervised training needs depth: this data has none; use the self-supervised recipe 'video'"
            )
        maps, extras = self._predicted(batch, batch.image if batch.augmented is None else batch.augmented)
        with torch.autocast(batch.image.device.type, enabled=False):
            parts = weighted_terms(maps, batch, kind=self.model.kind, config=self.config, extras=extras)
            parts |= self._judged(batch, maps[0])
            total = torch.stack(list(parts.values())).sum()
        return total, {name: part.detach() for name, part in parts.items()}

    def _predicted(
        self, batch: Batch, seen: Float[Tensor, "b 3 h w"]
    ) -> tuple[list[Float[Tensor, "b 1 _ _"]], dict[str, Float[Tensor, "b _"]]]:
        if not isinstance(self.model, CompletionModel):
            return predicted(self.model, seen)
        depth, is_measured = batch.measured, batch.is_measured
        if depth is None or is_measured is None:
            if batch.depth_gt is None or batch.valid is None:
                return self.model(seen), {}
            depth, is_measured = batch.depth_gt, drawn_pixels(batch.valid, self.config.points)
        has_points = torch.rand(len(seen)).to(seen.device) >= self.config.no_points
        return self.model(seen, depth, is_measured & has_points.view(-1, 1, 1, 1)), {}

    def _judged(self, batch: Batch, finest: Float[Tensor, "b 1 _ _"]) -> Parts:
        """The adversarial losses, of the samples whose depth is known up to scale at most."""
        if self.adversary is None:
            return {}
        known = truth_of(batch)
        rows = [place for place, kind in enumerate(batch.truths) if kind not in UNDERSTOOD[TruthKind.UP_TO_SCALE]]
        is_valid = known["is_valid"].clone()
        is_valid[rows] = False
        inv_depth = both_units(resized(finest.float(), batch.image.shape[-2:]), self.model.kind)["inv_depth"]
        of_model, of_judge = self.adversary(batch.image, inv_depth, known["inv_depth_gt"], is_valid)
        return {"adversarial": self.config.adversarial * of_model, "discriminator": of_judge}


def drawn_pixels(is_valid: Bool[Tensor, "b 1 h w"], count: int) -> Bool[Tensor, "b 1 h w"]:
    """About ``count`` of the known pixels of each image, at random, as what was measured of it."""
    places, has_points = draw_points(is_valid, count, of=1)
    chosen = torch.zeros_like(is_valid.flatten(1)).scatter(1, places[..., 0], has_points)
    return chosen.view_as(is_valid)


def predicted(
    model: DepthModel, image: Float[Tensor, "b 3 h w"]
) -> tuple[list[Float[Tensor, "b 1 _ _"]], dict[str, Float[Tensor, "b _"]]]:
    """The maps, and for a model with adaptive bins also their centres [m], which some terms read."""
    if not isinstance(model, BinnedModel):
        return model(image), {}
    maps, centres = model.with_bins(image)
    return maps, {"bin_centres": centres}


def check_terms(config: SupervisedConfig, model: DepthModel, *, has_teacher: bool = False) -> None:
    """Refuses terms that the model or the objective cannot serve."""
    if not config.terms:
        raise HondoError(f"objective.terms is empty; give at least one of: {', '.join(TERMS)}")
    for name in config.terms:
        if "bin_centres" in TERMS[name].reads and not isinstance(model, BinnedModel):
            raise HondoError(f"loss '{name}' compares bins, and model '{model.name}' has none; AdaBins has")
        if "is_taught" in TERMS[name].reads and not has_teacher:
            raise HondoError(f"loss '{name}' compares with a teacher; use a recipe whose objective is distillation")
        if "depth" in TERMS[name].reads and model.kind is DepthKind.RELATIVE_INVERSE_DEPTH:
            raise HondoError(
                f"loss '{name}' compares depth up to one factor at most, the model's output is {model.kind}; use 'ssi'"
            )
    check_options({name: TERMS[name] for name in config.terms}, config.options)


def prepare_samples(samples: Samples, model: DepthModel, config: SupervisedConfig) -> Samples:
    """The samples as they are; refuses data whose depth maps hold no valid value in a few samples spread over it.

    A loss that compares metres makes a model up to one factor a metric one, which starts at the factor of the labels.
    """
    spread = range(0, len(samples), max(1, len(samples) // SAMPLES_CHECKED))
    checked = readable_ones(samples, spread)
    masks = [sample.valid for sample in checked if sample.depth_gt is not None and sample.valid is not None]
    if masks and not any(bool(mask.any()) for mask in masks):
        raise HondoError(
            f"no depth is known in {len(masks)} samples looked at, the first {checked[0].origin}: all is NaN or 0; "
            "correct the depth maps or divide_by, and see: hondo data check"
        )
    _warn_of_unit(checked)
    if model.kind is DepthKind.SCALED_INVERSE_DEPTH and any(config.terms.get(name) for name in METRIC_TERMS):
        model.make_metric(metric_factor(checked, model))
    return samples


def _warn_of_unit(samples: Sequence[Sample]) -> None:
    metric = [sample for sample in samples if sample.truth is TruthKind.METRIC]
    known = [each.depth_gt[each.valid] for each in metric if each.depth_gt is not None and each.valid is not None]
    middle = median([float(depth.median()) for depth in known if len(depth)] or [1.0])
    if not NEAR_M < middle < FAR_M:
        warn(
            f"the median depth of the labels is {middle:.3g} m: is divide_by right? Metres are stored values "
            "divided by it (1000: millimetres, 256: KITTI)"
        )


@torch.no_grad()
def metric_factor(samples: Sequence[Sample], model: DepthModel) -> float:
    """Metric over predicted inverse depth: the median over the samples of the ratio of their medians."""
    ratios, device, was_training = [], next(model.parameters()).device, model.training
    model.eval()
    for sample in samples:
        is_known = sample.valid is not None and bool(sample.valid.any()) and sample.truth is TruthKind.METRIC
        if sample.depth_gt is None or sample.valid is None or not is_known:
            continue
        seen = resized(model(sample.image[None].to(device))[0].float(), sample.image.shape[-2:])[0].cpu()
        ratio = 1 / sample.depth_gt[sample.valid].median() / seen[sample.valid].median().clamp(min=1e-9)
        ratios.append(float(ratio))
    model.train(was_training)
    return median(ratios) if ratios else 1.0


SUPERVISED = ObjectiveEntry(config=SupervisedConfig, build=Supervised, prepare_samples=prepare_samples)
