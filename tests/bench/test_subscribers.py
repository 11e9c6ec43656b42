"""The comparison on the real telecom set, tried on made-up rows: fair, paired, and told."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from bench.rivals import RIVALS, Rival, as_sent, ours, whole
from bench.subscribers import TOML, compared, folded, lines, strata_of
from riskscore.product.spec import Product
from riskscore.product.toml import read_file
from training.crossvalidate import Folds, folds_of
from training.datasets import Dataset, Source
from training.read import read_dataset

ROWS = 600


@pytest.fixture(scope="module")
def product() -> Product:
    return read_file(TOML)


@pytest.fixture(scope="module")
def rows(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Source:
    """Made-up subscribers: the more numbers are messaged, the less likely fraud."""
    rng = np.random.default_rng(5)
    high = {each.name: min(int(getattr(each, "high", 1)), 1_000) for each in product.inputs}
    frame = pd.DataFrame({name: rng.integers(1, top + 1, ROWS) for name, top in high.items()})
    frame["arpu_skew"] = 0
    frame["month_ids"] = rng.integers(7, 9, ROWS)
    frame["label"] = (frame.sms_nunique + rng.normal(0, 200, ROWS) < 400).astype(int)
    path = tmp_path_factory.mktemp("rows") / "subscribers.csv"
    frame.to_csv(path, index=False)
    return Source(path=path)


@pytest.fixture(scope="module")
def dataset(product: Product, rows: Source) -> Dataset:
    return read_dataset(product, rows)


@pytest.mark.parametrize("rival", RIVALS, ids=lambda each: each.name)
def test_everybody_learns_from_training_rows_alone(
    rival: Rival, product: Product, rows: Source
) -> None:
    seen = read_dataset(rival.declared(product), rows)
    fold = next(folds_of(seen, Folds(3, 1)))
    answers = rival.answer(seen, fold)

    seen.labels[fold.test] = 1 - seen.labels[fold.test]

    assert np.array_equal(rival.answer(seen, fold), answers)
    assert roc_auc_score(1 - seen.labels[fold.test], answers) > 0.8


def test_rivals_see_the_columns_as_sent(product: Product) -> None:
    assert len(as_sent(product).columns) == 55
    assert whole(product).derived


def test_half_of_the_rows_are_kept_back_and_the_hard_ones_have_eight_months(
    dataset: Dataset,
) -> None:
    strata = strata_of(dataset)

    assert strata["all"].all()
    assert strata["kept back"].sum() == ROWS / 2
    months = dataset.matrix[:, [each.name for each in dataset.product.columns].index("month_ids")]
    assert (months[strata["hard"]] == 8).all()
    assert (months[~strata["hard"]] != 8).all()
    assert (strata["hard, kept back"] == (strata["hard"] & strata["kept back"])).all()


def test_ours_against_itself_is_no_better(dataset: Dataset) -> None:
    same = [Rival("ours", whole, ours), Rival("again", whole, ours)]

    found = compared(
        folded(same, {"ours": dataset, "again": dataset}, dataset, Folds(2, 1), jobs=1), 2
    )

    assert found["all"]["again"]["AUC"]["reached"] == found["all"]["ours"]["AUC"]["reached"]
    assert found["all"]["again"]["AUC"]["ours_better_by"] == {"mean": 0, "low": 0, "high": 0}
    told = list(lines(found["all"], ["AUC"]))
    assert [line[0] for line in told] == ["ours", "again", "  ours less this"]
    assert told[2][1] == "+0.0000 (+0.0000 to +0.0000)"


def test_differences_are_taken_fold_by_fold() -> None:
    figures = {
        "ours": [{"all": {"AUC": 0.7}}, {"all": {"AUC": 0.9}}],
        "theirs": [{"all": {"AUC": 0.6}}, {"all": {"AUC": 0.8}}],
    }

    found = compared(figures, 2)["all"]["theirs"]["AUC"]

    assert found["reached"]["mean"] == pytest.approx(0.7)
    assert found["ours_better_by"]["mean"] == pytest.approx(0.1)
    assert found["ours_better_by"]["high"] == pytest.approx(0.1)  # always by as much
