"""The trees: constrained as declared, stopped by the later slice, the same every time."""

from dataclasses import replace

import numpy as np
import pytest

from riskscore.model.trees import Trees
from riskscore.product.spec import Product
from training import fit
from training.datasets import Dataset
from training.fit import constraints, grow


@pytest.fixture
def halves(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(1_500), np.arange(1_500, len(dataset))


def test_directions_are_those_declared(registrations: Product) -> None:
    assert constraints(registrations) == "(1,-1,0,0,0)"


def test_more_sims_never_lower_the_risk(
    dataset: Dataset, halves: tuple[np.ndarray, np.ndarray]
) -> None:
    trees = Trees(grow(dataset, *halves, seed=0).final)

    rows = np.repeat(dataset.matrix[:50], 30, axis=0)
    rows[:, 0] = np.tile(np.arange(30), 50)
    margins = trees.margins(rows)[:, 0].reshape(50, 30)

    assert (np.diff(margins, axis=1) >= 0).all()
    assert margins[:, -1].mean() > margins[:, 0].mean() + 1


def test_only_the_rounds_up_to_the_best_are_kept(
    dataset: Dataset, halves: tuple[np.ndarray, np.ndarray]
) -> None:
    grown = grow(dataset, *halves, seed=0)

    assert 1 <= grown.rounds <= dataset.product.recipe.rounds
    assert grown.stopped.num_boosted_rounds() == grown.rounds
    assert grown.final.num_boosted_rounds() == grown.rounds


def test_a_round_may_be_the_mean_of_several_trees_on_samples_of_their_own(
    dataset: Dataset, halves: tuple[np.ndarray, np.ndarray]
) -> None:
    product = dataset.product
    three = replace(product, recipe=replace(product.recipe, trees_per_round=3, rounds=5))

    grown = grow(replace(dataset, product=three), *halves, seed=0)

    trees = grown.final.get_dump()
    assert (grown.rounds, len(trees)) == (5, 15)
    assert len(set(trees[:3])) == 3
    exact = grown.final.inplace_predict(dataset.matrix, predict_type="margin")
    assert np.array_equal(Trees(grown.final).margins(dataset.matrix)[:, 0], exact)


def test_small_sets_are_fitted_again_on_the_stopping_rows_too(
    dataset: Dataset,
    halves: tuple[np.ndarray, np.ndarray],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small = grow(dataset, *halves, seed=0)
    monkeypatch.setattr(fit, "SMALL", 1_000)
    large = grow(dataset, *halves, seed=0)

    assert small.rounds == large.rounds
    assert small.final.save_raw() != large.final.save_raw()
    assert large.final is large.stopped


def test_weights_of_zero_leave_rows_out(
    dataset: Dataset, halves: tuple[np.ndarray, np.ndarray]
) -> None:
    turned = np.arange(len(dataset)) % 2 == 0
    wrong = replace(
        dataset,
        labels=np.where(turned, 1 - dataset.labels, dataset.labels).astype(np.int8),
        weights=np.where(turned, 0.0, 1.0),
    )

    margins = Trees(grow(wrong, *halves, seed=0).final).margins(dataset.matrix)[:, 0]

    assert margins[dataset.labels == 1].mean() > margins[dataset.labels == 0].mean() + 1
