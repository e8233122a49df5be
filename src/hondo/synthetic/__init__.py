"""A procedural renderer: random rooms, streets and open ground with exact depth, poses and intrinsics."""

from hondo.synthetic.scenes import SyntheticScenes

__all__ = ["SyntheticScenes"]
