"""The frames whose camera path is estimated together."""

from hondo.train.objectives.two_view_poses import linked_frames


def test_frames_are_cut_where_no_target_and_source_lie_on_both_sides():
    assert linked_frames(range(1, 5), (-1, 1)) == [[0, 1, 2, 3, 4, 5]]
    assert linked_frames([1, 11, 12], (-1, 1)) == [[0, 1, 2], [10, 11, 12, 13]]
    assert linked_frames([5, 20], (-3,)) == [[2, 5], [17, 20]]
    assert linked_frames([0, 1], (4,)) == [[0, 1, 4, 5]]
    assert linked_frames([0, 10], ()) == [[0], [10]]
