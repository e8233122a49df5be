"""A procedural renderer: random rooms, streets and open ground with exact depth, poses and intrinsics."""

from hondo.data.synthetic.dataset import SyntheticScenes

__all__ = ["SyntheticScenes"]
