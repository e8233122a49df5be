"""FastDepth: the widths of the pruned network."""

from hondo.models.families.fastdepth import PRUNED_DECODER, PRUNED_ENCODER, fastdepth, fastdepth_pruned


def test_pruning_removes_most_of_the_weights() -> None:
    full, pruned = (sum(p.numel() for p in make().parameters()) for make in (fastdepth, fastdepth_pruned))
    assert 0.2 < pruned / full < 0.5
    assert len(PRUNED_ENCODER) == 14 and len(PRUNED_DECODER) == 2
