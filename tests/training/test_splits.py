"""No slice may know anything of a later one."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.errors import DataInvalid
from training.datasets import Dataset
from training.errors import TooFewRows
from training.splits import SHARES, cut, hold_out, split

times = st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=300)
coarse_times = st.lists(st.integers(0, 8), min_size=1, max_size=300)
labels = st.lists(st.integers(0, 1), min_size=1, max_size=300)
seeds = st.integers(0, 2**32 - 1)


@given(times | coarse_times)
def test_every_row_is_in_one_slice_and_time_only_runs_on(moments: list[int]) -> None:
    ordered = np.array(moments, np.int64)

    parts = cut(np.zeros(len(moments), np.int8), ordered, SHARES, seed=0)

    assert sorted(np.concatenate(parts).tolist()) == list(range(len(moments)))
    spans = [(ordered[part].min(), ordered[part].max()) for part in parts if len(part)]
    for (_, end), (start, _) in pairwise(spans):
        assert end < start


@given(labels, seeds)
def test_without_time_every_slice_has_its_share_of_each_label(drawn: list[int], seed: int) -> None:
    both = np.array(drawn, np.int8)

    parts = cut(both, None, SHARES, seed=seed)

    assert sorted(np.concatenate(parts).tolist()) == list(range(len(both)))
    for label in (0, 1):
        for part, share in zip(parts, SHARES, strict=True):
            assert abs((both[part] == label).sum() - share * (both == label).sum()) <= 1


@given(labels, seeds)
def test_the_same_seed_cuts_alike(drawn: list[int], seed: int) -> None:
    both = np.array(drawn, np.int8)

    first, second = (cut(both, None, SHARES, seed=seed) for _ in range(2))

    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_distinct_times_give_the_shares_asked() -> None:
    parts = cut(np.zeros(1_000, np.int8), np.arange(1_000), SHARES, seed=0)

    assert [len(part) for part in parts] == [600, 100, 200, 100]


def test_the_held_out_rows_are_the_latest(dataset: Dataset) -> None:
    moments = np.random.default_rng(0).permutation(len(dataset)).astype(np.int64)
    dated = _with_times(dataset, moments)

    kept, held = hold_out(dated, 0.25, seed=0)

    assert len(held) == 500
    assert moments[kept].max() < moments[held].min()


def test_rows_of_one_moment_cannot_be_split(dataset: Dataset) -> None:
    with pytest.raises(TooFewRows, match="slice 'stop' would hold 0 positive and 0 negative"):
        split(_with_times(dataset, np.zeros(len(dataset), np.int64)), seed=0)


def test_a_slice_without_fraud_is_refused(dataset: Dataset) -> None:
    fraud_first = np.where(dataset.labels == 1, 0, 1_000) + np.arange(len(dataset)) % 7

    with pytest.raises(TooFewRows, match="slice 'stop' would hold 0 positive"):
        split(_with_times(dataset, fraud_first.astype(np.int64)), seed=0)


def test_too_few_frauds_are_refused(dataset: Dataset) -> None:
    guilty, innocent = (np.flatnonzero(dataset.labels == label) for label in (1, 0))
    few = dataset.take(np.concatenate([guilty[:2], innocent]))

    with pytest.raises(TooFewRows, match="more rows are needed"):
        split(few, seed=0)


def _with_times(dataset: Dataset, moments: np.ndarray) -> Dataset:
    return replace(dataset, times=moments)


@pytest.mark.parametrize("weight", [0.0, 1e-60, 3e38])
@pytest.mark.parametrize("label", [0, 1])
def test_a_label_that_weighs_nothing_or_too_much_is_refused(
    dataset: Dataset, label: int, weight: float
) -> None:
    weights = np.where(dataset.labels == label, weight, 1.0)

    with pytest.raises(DataInvalid, match=f"slice 'fit': the weights of its rows with .* {label}"):
        split(replace(dataset, weights=weights), seed=0)
