"""A mix draws by weight, uses a set up before it repeats, and brings samples of several kinds into one batch."""

from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.sample import SourceView
from hondo.core.truth_kind import TruthKind
from hondo.data.loading.collate import collate
from hondo.data.loading.mixed_sets import MixedSets
from tests.data.loading.conftest import tiny_samples

PAIRS = torch.tensor([[0.5, 0.5, 2.5, 1.5, 1.0]])


def named(prefix, count, **changes):
    return [replace(sample, origin=f"{prefix}{sample.origin}", **changes) for sample in tiny_samples(count)]


@pytest.fixture(scope="module")
def mixed():
    ordinal = named("o", 10, depth_gt=None, valid=None, truth=TruthKind.ORDINAL, pairs=PAIRS)
    plain = named("p", 10, depth_gt=None, valid=None)
    sets = {"metric": named("m", 40), "ordinal": ordinal, "plain": plain}
    return MixedSets(sets, {"metric": 2.0, "ordinal": 1.0, "plain": 1.0})


def origins(source, count):
    return [origin for batch in islice(iter(source), count) for origin in batch.origins]


def test_shares_follow_the_weights(mixed, batches):
    drawn = Counter(origin[0] for origin in origins(batches(samples=mixed, batch_size=4), 10 * 15))
    assert drawn["m"] / 600 == pytest.approx(0.5, abs=0.06) and drawn["o"] / 600 == pytest.approx(0.25, abs=0.06)


def test_a_set_is_used_up_before_it_repeats(mixed):
    order = mixed.streams(torch.Generator().manual_seed(0), 1)[0]
    of_ordinal = [index for index in order if 40 <= index < 50]
    assert len(order) == 60 and set(of_ordinal[:10]) == set(range(40, 50))
    of_metric = [index for index in order if index < 40]
    assert len(of_metric) == len(set(of_metric))


def test_two_processes_get_different_parts_of_one_order(mixed):
    both = mixed.streams(torch.Generator().manual_seed(0), 2)
    whole = mixed.streams(torch.Generator().manual_seed(0), 1)[0]
    assert [len(each) for each in both] == [30, 30] and whole[0::2] == both[0] and whole[1::2] == both[1]


def test_a_run_resumes_with_the_same_samples(mixed, batches):
    expected = origins(batches(samples=mixed), 20)
    source = batches(samples=mixed)
    first = origins(source, 7)
    again = batches(samples=mixed)
    again.load_state_dict(source.state_dict())
    assert first + origins(again, 13) == expected


def test_kinds_stand_in_one_batch(mixed):
    batch = collate([mixed[0], mixed[40], mixed[50]])
    assert batch.truths == (TruthKind.METRIC, TruthKind.ORDINAL, TruthKind.METRIC)
    assert batch.valid[0].any() and not batch.valid[1:].any() and batch.pairs[1].isfinite().all()


def test_source_views_stay_only_where_all_sets_have_them():
    with_view = [replace(s, sources=(SourceView(image=s.image, role=1),)) for s in tiny_samples(2)]
    both = MixedSets({"a": with_view, "b": with_view}, {"a": 1.0, "b": 1.0})
    one = MixedSets({"a": with_view, "b": tiny_samples(2)}, {"a": 1.0, "b": 1.0})
    assert len(both[3].sources) == 1 and one[0].sources == ()


@pytest.mark.parametrize("weights", [{"a": 0.0}, {"a": -1.0}])
def test_refusals(weights):
    with pytest.raises(HondoError, match="positive weights"):
        MixedSets({"a": tiny_samples(2)}, weights)
    with pytest.raises(HondoError, match="has no samples"):
        MixedSets({"a": []}, {"a": 1.0})
