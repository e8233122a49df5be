"""The table of the terms that compare views, in any combination: ``objective.view_terms``.

They read: ``depth`` (b 1 h w), ``is_scene`` (b 1 h w), ``K`` (b 3 3), and of the n source views ``T_source_target``
(b n 4 4), ``source_K`` (b n 3 3), ``distance`` [m] (b n; NaN where it is not known), ``depth_source`` (b n 1 h w),
``features`` (b c _ _), ``features_source`` (b n c _ _), ``flow`` [pixels] (b n 2 h w), ``is_matched`` (b n 1 h w),
``is_stereo`` (n); and of stereo matching ``depth_hint`` [m], ``is_hint_better`` (b 1 h w).
"""

from hondo.core.tables import Table
from hondo.losses.terms import Term
from hondo.losses.views.camera_height import camera_height_loss
from hondo.losses.views.depth_hints import depth_hints_loss
from hondo.losses.views.feature_metric import feature_metric_loss
from hondo.losses.views.flow_consistency import flow_consistency_loss
from hondo.losses.views.geometry_consistency import geometry_consistency_loss
from hondo.losses.views.left_right import left_right_loss
from hondo.losses.views.velocity import velocity_loss

_MOTION = ("depth", "is_scene", "T_source_target", "K", "source_K")

VIEW_TERMS: Table[Term] = Table(
    "view term",
    {
        "velocity": Term(function=velocity_loss, reads=("T_source_target", "distance"), needs=None),
        "camera_height": Term(function=camera_height_loss, reads=("depth", "is_scene", "K"), needs=None),
        "geometry_consistency": Term(function=geometry_consistency_loss, reads=(*_MOTION, "depth_source"), needs=None),
        "feature_metric": Term(
            function=feature_metric_loss, reads=(*_MOTION, "features", "features_source"), needs=None
        ),
        "flow_consistency": Term(function=flow_consistency_loss, reads=(*_MOTION, "flow", "is_matched"), needs=None),
        "depth_hints": Term(
            function=depth_hints_loss, reads=("depth", "is_scene", "depth_hint", "is_hint_better"), needs=None
        ),
        "left_right": Term(function=left_right_loss, reads=(*_MOTION, "depth_source", "is_stereo"), needs=None),
    },
)
