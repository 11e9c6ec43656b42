"""Rows nobody found fraud in: not known, or not looked at, instead of innocent."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscore.product.spec import Product
from tests.training.conftest import Run
from tests.training.late import AS_OF, spread, write_events
from training.datasets import Source
from training.discovery import calibrate_unlabelled, innocence
from training.errors import OptionInvalid
from training.inspected import MOST, inspection_weights
from training.read import read_dataset

HERE = Path("outcomes.parquet")


def test_the_probability_of_fraud_is_recovered_from_late_and_missing_labels() -> None:
    rng = np.random.default_rng(1)
    margins = rng.normal(-3, 2, 60_000)
    fraud = rng.random(60_000) < 1 / (1 + np.exp(-margins))
    chances = rng.uniform(0.1, 1, 60_000)
    labels = (fraud & (rng.random(60_000) < 0.5 * chances)).astype(np.int8)

    found = calibrate_unlabelled(margins, labels, chances)

    assert found.share == pytest.approx(0.5, abs=0.07)
    expected = found.calibration.probabilities(margins)
    assert expected.sum() == pytest.approx(fraud.sum(), rel=0.1)
    likely = margins > 1
    assert expected[likely].sum() == pytest.approx(fraud[likely].sum(), rel=0.1)


def test_a_share_that_is_told_is_taken() -> None:
    rng = np.random.default_rng(2)
    margins = rng.normal(-3, 1, 3_000)
    labels = (rng.random(3_000) < 0.5 / (1 + np.exp(-margins))).astype(np.int8)
    ones = np.ones(3_000)

    half = calibrate_unlabelled(margins, labels, ones, share=0.5)
    all_found = calibrate_unlabelled(margins, labels, ones, share=1.0)

    assert half.share == pytest.approx(0.5)
    sums = [each.calibration.probabilities(margins).sum() for each in (half, all_found)]
    assert sums[0] / sums[1] == pytest.approx(2, rel=0.05)
    assert sums[1] == pytest.approx(labels.sum(), rel=0.05)


def test_innocence_is_what_is_left_after_not_being_found() -> None:
    labels = np.array([0, 0, 1], np.int8)

    innocent = innocence(np.array([0.5, 0.5, 0.5]), labels, np.array([0.0, 1.0, 0.5]))

    assert innocent.tolist() == [0.5, 1.0, 0.0]


def test_looked_at_rows_stand_for_all_that_are_like_them() -> None:
    rng = np.random.default_rng(3)
    drawn = rng.random(40_000) < 0.2
    looked = rng.random(40_000) < np.where(drawn, 0.2, 0.02)
    matrix = drawn[:, None].astype(np.float32)

    found = inspection_weights(matrix, looked, np.ones(40_000, bool), HERE)

    assert drawn[looked].mean() > 0.6
    assert np.average(drawn, weights=found.weights) == pytest.approx(0.2, abs=0.03)
    assert found.weights[~looked].max() == 0
    assert found.record["effective_rows"] < found.record["looked_at"]


def test_no_row_decides_for_too_many() -> None:
    rng = np.random.default_rng(4)
    drawn = rng.random(90_000) < 0.1
    looked = rng.random(90_000) < np.where(drawn, 0.5, 0.0005)
    there = np.ones(90_000, bool)

    found = inspection_weights(drawn[:, None].astype(np.float32), looked, there, HERE)

    kept = found.weights[looked]
    assert found.record["clipped"] > 10
    assert kept.max() / kept.min() < 1.5 * MOST / 0.1  # 1,000 if nothing were clipped


@pytest.fixture
def country(tmp_path: Path, frame: pd.DataFrame) -> Path:
    """An event folder where frauds are found late, and some of all rows are looked at."""
    rng = np.random.default_rng(5)
    rows = spread(frame, rng)
    fraud = (rows["label"] == 1).to_numpy()
    looked = rng.random(len(rows)) < 0.3
    found = np.flatnonzero(fraud | looked)
    return write_events(
        tmp_path / "events",
        rows,
        found,
        rng.exponential(20, len(found)),
        status=np.where(fraud[found], "confirmed", "cleared"),
        looked_because=np.where(looked[found], "inspection", "complaint"),
    )


def test_only_looks_known_by_then_count(country: Path, registrations: Product) -> None:
    def rows(as_of: int) -> int:
        return len(
            read_dataset(registrations, Source(path=country, as_of=as_of, unlabelled="propensity"))
        )

    outcomes = pd.read_parquet(country / "outcomes.parquet")
    ours = outcomes[outcomes["looked_because"] == "inspection"]
    known = ours["known_at"] <= pd.Timestamp(AS_OF // 2, unit="us", tz="UTC")

    assert rows(AS_OF // 2) == int(known.sum())
    assert rows(AS_OF) > rows(AS_OF // 2)


def test_outcomes_that_do_not_say_who_was_looked_at_are_refused(
    country: Path, registrations: Product
) -> None:
    path = country / "outcomes.parquet"
    pd.read_parquet(path).drop(columns="looked_because").to_parquet(path)

    with pytest.raises(OptionInvalid, match="looked_because tells of 0 registrations outcomes"):
        read_dataset(registrations, Source(path=country, unlabelled="propensity"))


def test_the_manifest_says_what_rows_were_taken_for(
    country: Path, toml: Path, tmp_path: Path, run: Run
) -> None:
    fitted = ["--as-of", "1970-10-28", "--unlabelled", "pu", "--found-share", "0.5", "--latest"]
    run("fit", toml, country, "--out", tmp_path / "models", *fitted)

    made = json.loads((tmp_path / "models/registrations/1/manifest.json").read_text("utf-8"))
    assert made["data"]["worth"]["unlabelled"] == "pu"
    assert made["calibrated_by"]["found_share"] == pytest.approx(0.5)
    assert made["calibrated_by"]["share_told"] is True
    assert made["split"]["calibrate"]["to"] == made["split"]["test"]["to"]
