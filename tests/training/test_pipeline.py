"""From rows to a bundle: what it says of itself, and that it can be made again."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskscore.errors import BundleMismatch
from riskscore.model.bundle import load_bundle, load_champion
from riskscore.product.spec import Product
from training.datasets import Source
from training.judge import answers
from training.pipeline import Order, fit
from training.read import read_dataset
from training.splits import split


def manifest(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return read


@pytest.fixture
def fitted(registrations: Product, csv: Path, tmp_path: Path) -> Path:
    return fit(registrations, Source(path=csv), Order(models=tmp_path / "models"))


def test_the_same_data_and_seed_give_the_same_bundle_but_for_its_time(
    registrations: Product, csv: Path, fitted: Path, tmp_path: Path
) -> None:
    again = fit(registrations, Source(path=csv), Order(models=tmp_path / "again"))

    for name in ("product.toml", "model.ubj", "golden.json"):
        assert (fitted / name).read_bytes() == (again / name).read_bytes()
    first, second = manifest(fitted), manifest(again)
    for made in (first, second):
        assert made.pop("created")
        assert made.pop("seal")  # commits to the time, too
    assert json.dumps(first) == json.dumps(second)
    assert (fitted.parent / "scale.json").read_bytes() == (again.parent / "scale.json").read_bytes()


def test_another_seed_gives_another_bundle(
    registrations: Product, csv: Path, fitted: Path, tmp_path: Path
) -> None:
    other = fit(registrations, Source(path=csv), Order(models=tmp_path / "other", seed=1))

    assert (fitted / "model.ubj").read_bytes() != (other / "model.ubj").read_bytes()


def test_a_bundle_proves_itself_and_ranks(registrations: Product, csv: Path, fitted: Path) -> None:
    bundle = load_bundle(fitted)
    dataset = read_dataset(registrations, Source(path=csv))

    given = answers(bundle, dataset.matrix)

    fraud = dataset.labels == 1
    assert given.scores[fraud].mean() > given.scores[~fraud].mean() + 150
    assert given.probabilities.mean() == pytest.approx(dataset.labels.mean(), rel=0.2)


def test_the_manifest_says_how_the_model_was_made(fitted: Path) -> None:
    record = manifest(fitted)

    assert record["product_version"] == 3
    assert record["created"].endswith("Z")
    assert set(record["libraries"]) == {"python", "numpy", "xgboost", "riskscore"}
    assert record["seed"] == 0
    assert record["data"]["rows"] == 2_000
    assert record["data"]["label"] == "label"
    assert record["data"]["from"] is None
    assert [part["rows"] for part in record["split"].values()] == [1_200, 200, 400, 200]
    assert record["recipe"]["depth"] == 3
    assert 1 <= record["rounds"] == record["trees"] <= 40
    assert record["metrics"]["rows"] == 200
    assert record["metrics"]["auc"] > 0.85
    importance = record["importance"]
    assert max(importance, key=importance.__getitem__) in {"sims", "sims_over_liveness"}


def test_thresholds_are_those_of_the_calibration_rows(
    registrations: Product, csv: Path, fitted: Path
) -> None:
    bundle = load_bundle(fitted)
    dataset = read_dataset(registrations, Source(path=csv))
    rows = dataset.take(split(dataset, seed=0).calibrate)

    innocent = answers(bundle, rows.matrix[rows.labels == 0])

    review, block = bundle.thresholds.review_margin, bundle.thresholds.block_margin
    assert 0.04 < (innocent.margins >= review).mean() <= 0.05
    assert (innocent.margins >= block).mean() <= 0.005
    assert bundle.calibration.rows == 400
    at_review = bundle.calibration.probabilities(np.array([review]))
    assert bundle.scale.scores(at_review).tolist() == [500]


def test_dated_rows_are_split_by_time_and_the_periods_recorded(
    registrations: Product, dated: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    dated.sample(frac=1, random_state=0).to_csv(path, index=False)

    record = manifest(fit(registrations, Source(path=path), Order(models=tmp_path)))

    ends = [(part["from"], part["to"]) for part in record["split"].values()]
    assert ends == sorted(ends)
    assert record["data"]["from"] == "2026-01-01T00:00:00Z"
    assert record["split"]["test"]["to"] == record["data"]["to"] == "2026-03-25T07:00:00Z"


def test_a_second_fit_keeps_the_scale_and_the_champion(
    registrations: Product, frame: pd.DataFrame, fitted: Path, tmp_path: Path
) -> None:
    models, later = fitted.parent.parent, tmp_path / "later.csv"
    frame.assign(sims=frame["sims"] + 20).to_csv(later, index=False)

    second = fit(registrations, Source(path=later), Order(models=models))

    assert second.name == "2"
    assert load_bundle(second).scale == load_bundle(fitted).scale
    assert load_champion(fitted.parent).version == "1"


def test_a_version_is_never_overwritten(registrations: Product, csv: Path, fitted: Path) -> None:
    order = Order(models=fitted.parent.parent, version="1")

    with pytest.raises(BundleMismatch, match="never overwritten"):
        fit(registrations, Source(path=csv), order)
