"""The settings of the objectives. Imports no torch, so that the command line can list them quickly."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from hondo.core.check_config import COUNT, DECAY, FRACTION, NOT_NEGATIVE, Limits, check_config
from hondo.core.errors import HondoError
from hondo.core.types import Size


@dataclass(frozen=True, kw_only=True)
class SupervisedConfig:
    """Learning from depth labels: the weights of the loss terms, by their names in TERMS."""

    objective: ClassVar[str] = "supervised"
    terms: dict[str, float] = field(default_factory=lambda: {"scale_invariant": 1.0})
    options: dict[str, float] = field(default_factory=dict)  # of the terms, e.g. silog.variance_focus 0.5
    scale_decay: float = 0.5  # factor of a map's weight relative to the next finer map
    freeze_norm: bool = False  # keep batch-norm statistics as they are
    frozen: tuple[str, ...] = ()  # parts of the network that stay as they are: ("encoder",)
    adversarial: float = 0.0  # weight of a patch discriminator, which learns beside the model
    points: int = 500  # for a model that completes depth: known pixels that it is shown (Ma and Karaman 2018)
    no_points: float = 0.2  # share of images that it is shown without any, so that it answers these too

    def __post_init__(self) -> None:
        limits = dict.fromkeys(("terms", "scale_decay", "adversarial"), NOT_NEGATIVE)
        limits |= {"points": COUNT, "no_points": FRACTION}
        check_config(self, name="objective", limits=limits)


@dataclass(frozen=True, kw_only=True)
class SelfSupervisedConfig:
    """Learning from neighbouring views by photometric reprojection (defaults of monodepth2)."""

    objective: ClassVar[str] = "self-supervised"
    # Where the poses of the source views come from. network: a pose network; shared: a pose network on the depth
    # model's encoder; known: the data; two-view: two-view geometry with the model's first depth, once before training
    # (needs a clip); direct: photometric alignment with the model's depth of every step. The pose of a stereo view is
    # always known.
    pose: Literal["network", "shared", "known", "two-view", "direct"] = "network"
    pose_model: str = "nano-pose"  # a name in ZOO, for pose="network"
    pose_scale: float = 1.0  # size of the pose network's input relative to the image
    ssim_weight: float = 0.85
    smoothness: float = 1e-3  # halved with every coarser map
    auto_mask: bool = True  # ignore pixels that the source matches better without any motion
    tie_noise: float = 1e-5  # random noise that breaks ties of the auto-mask
    mask_outside: bool = False  # ignore pixels that project outside the source (monodepth2 repeats its border)
    # Weight of the distance to the initial model's predictions, up to scale. None: 0.1 for trained weights, else 0.
    anchor: float | None = 0.0
    # Keep batch-norm statistics as they are, and leave dropout out. None: for trained weights only.
    freeze_norm: bool | None = False
    # Parts of the network that stay as they are. None: the encoder of hondo-nano and hondo-small with trained weights.
    frozen: tuple[str, ...] | None = ()
    # Weights of more terms, by their names in VIEW_TERMS: velocity, camera_height, geometry_consistency,
    # feature_metric, flow_consistency; of stereo pairs depth_hints, left_right.
    view_terms: dict[str, float] = field(default_factory=dict)
    view_options: dict[str, float] = field(default_factory=dict)  # of those terms, e.g. camera_height.metres 1.65
    # What weakens the photometric error of a pixel. geometry: depths of the views disagree; flow: it moves by itself.
    view_masks: tuple[Literal["geometry", "flow"], ...] = ()
    # Intrinsics that the run learns from a guess (data.camera, e.g. fov=60). focal: one factor of fx and fy; all: fx,
    # fy, cx and cy. The poses must learn too or be known, and the views must turn. cameras: 1, or one for each clip.
    intrinsics: Literal["known", "focal", "all"] = "known"
    cameras: int = 1

    def __post_init__(self) -> None:
        limits = dict.fromkeys(("smoothness", "tie_noise", "anchor", "view_terms"), NOT_NEGATIVE)
        limits |= {"pose_scale": Limits(above=0, at_most=1), "ssim_weight": FRACTION, "cameras": COUNT}
        check_config(self, name="objective", limits=limits)
        if self.intrinsics != "known" and self.pose in ("two-view", "direct"):
            raise HondoError(
                f"objective.pose {self.pose} takes the intrinsics as they are, so they cannot be learned: give "
                "objective.pose=network, shared or known",
                field="objective.pose",
            )

    @property
    def tells_metres(self) -> bool:
        """Whether a term compares metres."""
        return any(self.view_terms.get(name) for name in ("velocity", "camera_height"))


@dataclass(frozen=True, kw_only=True)
class SemiSupervisedConfig(SupervisedConfig):
    """Both at once: loss terms where depth is known (LiDAR, stereo matching), photometric reprojection everywhere."""

    objective: ClassVar[str] = "semi-supervised"
    terms: dict[str, float] = field(default_factory=lambda: {"log_l1": 1.0})
    photometric: SelfSupervisedConfig = field(default_factory=SelfSupervisedConfig)
    proxy: bool = False  # depth from stereo matching with a left-right check where no other is known


@dataclass(frozen=True, kw_only=True)
class MultiFrameConfig:
    """A model that matches frames, beside a teacher that sees one (defaults of ManyDepth, Watson et al. 2021)."""

    objective: ClassVar[str] = "multi-frame"
    # A name in ZOO, a checkpoint or a run folder; None: monodepth2 on the encoder of the model.
    teacher: str | None = None
    teacher_options: dict[str, Any] = field(default_factory=dict)
    photometric: SelfSupervisedConfig = field(default_factory=SelfSupervisedConfig)  # of the teacher and the poses
    consistency: float = 1.0  # weight of the distance to the teacher's depth where matching is not trusted
    max_ratio: float = 2.0  # of matched and the teacher's depth, from which matching is not trusted
    static_share: float = 0.25  # of the samples: the frame before is the image itself, as of a camera that stands
    no_pose_share: float = 0.25  # of the samples: no frame before, as at the start of a video
    range_decay: float = 0.99  # with which the depths that are tried follow the teacher's
    range_margin: float = 0.1  # by which they reach beyond them
    freeze_at: float = 0.75  # of the run: teacher, poses and range stay as they are (ManyDepth: 15 of 20 epochs)
    freeze_step: int | None = None  # or from this step on

    def __post_init__(self) -> None:
        limits = dict.fromkeys(("static_share", "no_pose_share", "freeze_at", "range_margin"), FRACTION)
        limits |= {"consistency": NOT_NEGATIVE, "max_ratio": Limits(above=1), "range_decay": DECAY}
        check_config(self, name="objective", limits=limits | {"freeze_step": NOT_NEGATIVE})
        if self.static_share + self.no_pose_share > 1:
            raise HondoError("objective.static_share and objective.no_pose_share are shares of the same samples")
        if self.photometric.intrinsics != "known":
            raise HondoError("matched frames need known intrinsics; learn them by the recipe 'video', then give them")


@dataclass(frozen=True, kw_only=True)
class DistillationConfig(SupervisedConfig):
    """Learning from a teacher's maps and features; of images without labels, or beside their labels."""

    objective: ClassVar[str] = "distillation"
    terms: dict[str, float] = field(default_factory=lambda: {"distil_log": 1.0, "distil_gradient": 0.5})
    teacher: str = "hondo-nano"  # a name in ZOO, a checkpoint or a run folder
    teacher_weights: str | None = None  # None: those that ship with the name, or the published ones
    more_teachers: tuple[str, ...] = ()  # whose maps are averaged with the first one's
    flip_teacher: bool = False  # average each teacher's map with that of the mirrored image
    teacher_size_hw: Size | None = None  # that teachers see images at; None: the student's

    def __post_init__(self) -> None:
        super().__post_init__()
        check_config(self, name="objective", limits={"teacher_size_hw": Limits(at_least=16)})
