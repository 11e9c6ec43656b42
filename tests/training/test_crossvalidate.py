"""Cross-validation: means over folds, on rows that each fold has not seen."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from riskscore.product.spec import Product
from tests.training.conftest import Run
from training.crossvalidate import Folds, crossvalidate, folds_of, searched_in, summary
from training.datasets import Dataset
from training.errors import OptionInvalid, TooFewRows
from training.tune import Search
from training.without import without


def test_figures_are_means_over_folds_with_their_spread(dataset: Dataset) -> None:
    found = crossvalidate(dataset, Folds(3, 2))

    assert found["rows"] == 2_000
    assert found["positives"] == dataset.positives
    assert 0.85 < found["auc"] < 1
    assert 0 < found["auc_sd"] < 0.05
    assert set(found["tpr_at_fpr"]) == set(found["tpr_at_fpr_sd"]) == {"0.01", "0.05"}
    assert found["calibration_slope"] == pytest.approx(1, abs=0.3)
    assert found["log_loss"] < found["base_rate_log_loss"]
    assert found["brier"] < 0.1


def test_labels_that_mean_nothing_cannot_be_ranked(dataset: Dataset) -> None:
    shuffled = np.random.default_rng(0).permutation(dataset.labels)

    found = crossvalidate(replace(dataset, labels=shuffled), Folds(3, 1))

    assert found["auc"] == pytest.approx(0.5, abs=0.05)


def test_the_same_seed_gives_the_same_figures(dataset: Dataset) -> None:
    first, second, other = (crossvalidate(dataset, Folds(2, 1, seed)) for seed in (0, 0, 1))

    assert first == second
    assert first["auc"] != other["auc"]


def test_repeats_count_seeds_on(dataset: Dataset) -> None:
    both = crossvalidate(dataset, Folds(2, 2, seed=4))
    apart = [crossvalidate(dataset, Folds(2, 1, seed)) for seed in (4, 5)]

    assert both["auc"] == pytest.approx(np.mean([each["auc"] for each in apart]))


def test_more_folds_than_frauds_are_refused(dataset: Dataset) -> None:
    guilty, innocent = (np.flatnonzero(dataset.labels == label) for label in (1, 0))
    few = dataset.take(np.concatenate([guilty[:9], innocent]))

    with pytest.raises(TooFewRows, match="9 rows of the rarer label are too few for 5 folds"):
        crossvalidate(few, Folds(5, 1))


def test_figures_that_a_fold_cannot_give_are_left_out_of_the_mean() -> None:
    found = summary([{"auc": 0.5, "slope": None}, {"auc": 0.7, "slope": 2.0}])

    assert found["auc"] == pytest.approx(0.6)
    assert found["auc_sd"] == pytest.approx(np.std([0.5, 0.7], ddof=1))
    assert (found["slope"], found["slope_sd"]) == (2.0, None)


def test_columns_left_out_take_what_is_derived_from_them_along(registrations: Product) -> None:
    left = without(registrations, ["sims", "port*"])

    assert [each.name for each in left.columns] == ["liveness", "channel"]


@pytest.mark.parametrize("patterns", [["shoe_size"], ["age_band"], ["*"]])
def test_columns_that_are_not_there_or_all_of_them_cannot_be_left_out(
    registrations: Product, patterns: list[str]
) -> None:
    with pytest.raises(OptionInvalid, match="--without"):
        without(registrations, patterns)


def test_a_search_in_every_fold_is_logged_trial_by_trial(dataset: Dataset) -> None:
    found = crossvalidate(dataset, Folds(2, 2), Search(trials=3, fpr=0.05))

    assert [each["fold"] for each in found["tuning"]] == ["0.1", "0.2", "1.1", "1.2"]
    assert [len(each["trials"]) for each in found["tuning"]] == [3, 3, 3, 3]
    recipes = {json.dumps(one["recipe"]) for each in found["tuning"] for one in each["trials"][1:]}
    assert len(recipes) > 3  # not one search for all
    assert 0.85 < found["auc"] < 1


def test_a_search_never_looks_at_the_rows_that_judge_it(dataset: Dataset) -> None:
    fold = next(folds_of(dataset, Folds(3, 1)))
    labels = dataset.labels.copy()
    labels[fold.test] = 1 - labels[fold.test]
    matrix = dataset.matrix.copy()
    matrix[fold.test] = 0

    one, other = (
        searched_in(fold, each, Search(trials=4, fpr=0.05))
        for each in (dataset, replace(dataset, labels=labels, matrix=matrix))
    )

    assert one == other


def test_a_stopped_search_in_folds_goes_on(dataset: Dataset, tmp_path: Path) -> None:
    study = tmp_path / "folds.study"
    first = crossvalidate(dataset, Folds(2, 1), Search(trials=2, fpr=0.05, study=study))

    again = crossvalidate(dataset, Folds(2, 1), Search(trials=2, fpr=0.05, study=study))
    more = crossvalidate(dataset, Folds(2, 1), Search(trials=3, fpr=0.05, study=study))

    assert again == first
    assert [each["trials"][:2] for each in more["tuning"]] == [
        each["trials"] for each in first["tuning"]
    ]
    with pytest.raises(OptionInvalid, match="a study of other rows"):
        crossvalidate(dataset, Folds(3, 1), Search(trials=3, fpr=0.05, study=study))


def test_cross_validation_searches_where_it_is_told(
    toml: Path, csv: Path, tmp_path: Path, run: Run
) -> None:
    study = tmp_path / "folds.study"
    order = ["crossvalidate", toml, csv, "--folds", 2, "--study", study]

    found = json.loads(run(*order, "--trials", 2, "--tune-fpr", 0.05, "--json").stdout)
    told = run(*order, "--trials", 2, "--tune-fpr", 0.05).stdout
    alone = run(*order, expect=1)

    assert [len(each["trials"]) for each in found["tuning"]] == [2, 2]
    assert study.exists()
    assert "recipe of fold 0.2" in told
    assert "--study: expected --trials or --timeout with it" in alone.stderr
