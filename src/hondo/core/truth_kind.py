"""What the depth of a label is known up to: each loss reads only the samples whose kind it understands."""

import enum


class TruthKind(enum.StrEnum):
    """What ``depth_gt`` of a sample means; 1 / depth_gt is an inverse depth, known up to what the kind leaves open."""

    METRIC = "metric"  # metres
    UP_TO_SCALE = "up-to-scale"  # depth times one unknown factor per image (structure from motion)
    UP_TO_SCALE_AND_SHIFT = "up-to-scale-and-shift"  # inverse depth times a factor plus a shift (uncalibrated stereo)
    ORDINAL = "ordinal"  # which of two points is nearer: ``pairs``, no map
    STEREO_DISPARITY = "stereo-disparity"  # 1 / disparity [px] of a rectified pair of unknown focal length x baseline


# Kinds whose map says as much as the key asks for, or more. No map has the kind ORDINAL, every kind has an order.
UNDERSTOOD: dict[TruthKind, frozenset[TruthKind]] = {
    TruthKind.METRIC: frozenset({TruthKind.METRIC}),
    TruthKind.UP_TO_SCALE: frozenset({TruthKind.METRIC, TruthKind.UP_TO_SCALE, TruthKind.STEREO_DISPARITY}),
    TruthKind.UP_TO_SCALE_AND_SHIFT: frozenset(TruthKind) - {TruthKind.ORDINAL},
    TruthKind.STEREO_DISPARITY: frozenset({TruthKind.STEREO_DISPARITY}),
    TruthKind.ORDINAL: frozenset(TruthKind),
}
