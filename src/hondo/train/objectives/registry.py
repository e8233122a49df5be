"""The table of objectives. A recipe chooses one by its config, which states the name of the entry."""

from hondo.core.tables import Table
from hondo.train.objectives.objective import ObjectiveEntry

OBJECTIVES: Table[ObjectiveEntry] = Table(
    "objective",
    {
        "distillation": "hondo.train.objectives.distilled:DISTILLATION",
        "multi-frame": "hondo.train.objectives.matched_frames:MULTI_FRAME",
        "supervised": "hondo.train.objectives.supervised:SUPERVISED",
        "semi-supervised": "hondo.train.objectives.semi_supervised:SEMI_SUPERVISED",
        "self-supervised": "hondo.train.objectives.self_supervised:SELF_SUPERVISED",
    },
)
