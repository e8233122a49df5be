from hondo.core.truth_kind import UNDERSTOOD, TruthKind


def test_every_kind_understands_itself_and_its_name_is_its_value():
    assert set(UNDERSTOOD) == set(TruthKind)
    assert all(kind in UNDERSTOOD[kind] and TruthKind(str(kind)) is kind for kind in TruthKind)


def test_metres_serve_every_loss_of_maps_and_a_relative_map_no_metric_one():
    asks = set(TruthKind) - {TruthKind.STEREO_DISPARITY}
    assert all(TruthKind.METRIC in UNDERSTOOD[kind] for kind in asks)
    assert UNDERSTOOD[TruthKind.METRIC] == {TruthKind.METRIC}
    assert TruthKind.UP_TO_SCALE_AND_SHIFT not in UNDERSTOOD[TruthKind.UP_TO_SCALE]
    assert TruthKind.ORDINAL not in UNDERSTOOD[TruthKind.UP_TO_SCALE_AND_SHIFT]
