"""A bundle judged in depth."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscore.model.bundle import load_bundle
from riskscore.model.scale import Thresholds
from tests.training.conftest import Run
from tests.training.declared import LIVENESS
from tests.training.gate.conftest import AGE, SIMS, fitted, registrations
from training.assess.intervals import Drawing
from training.assess.stability import column_psi, psi
from training.assess.weeks import weeks
from training.datasets import Dataset, Source
from training.evaluate import Depth, evaluate
from training.judge import Answers
from training.shares import share_interval

PLACES = [f"D-{number}" for number in range(400)]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fit on rows of January to March, of 400 documents."""
    parts = SIMS + LIVENESS + AGE.format(model="false")
    return fitted(tmp_path_factory.mktemp("assessed"), "one", parts, with_documents(1))


def with_documents(seed: int) -> pd.DataFrame:
    rows = registrations(9_000, "2026-01-01", seed)
    documents = np.random.default_rng(seed).choice(PLACES, len(rows))
    return rows.assign(document=documents, document_since="2025-12-01")


@pytest.fixture(scope="module")
def later(bundle: Path) -> Path:
    """Write rows after those, half of them of documents that were there before."""
    rows = registrations(6_000, "2026-06-01", 2)
    old = np.arange(6_000) % 2 == 0
    documents = np.where(old, "d-1", [f"new-{number}" for number in range(6_000)])
    since = np.where(np.arange(6_000) < 10, "2027-01-01", "2025-12-01")
    path = bundle.parent.parent / "later.csv"
    rows.assign(document=documents, document_since=since).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def found(bundle: Path, later: Path) -> dict[str, object]:
    depth = Depth(Drawing(draws=60), ("sims",))
    return evaluate(bundle, Source(path=later), depth=depth).figures


def test_every_figure_lies_in_its_interval_and_is_the_plain_one(found: dict) -> None:
    for each in found["intervals"].values():
        assert each["low"] <= each["value"] <= each["high"]
    intervals = found["intervals"]
    for name in ("auc", "average_precision", "log_loss"):
        assert intervals[name]["value"] == pytest.approx(found[name])
    assert intervals["slope"]["value"] == pytest.approx(found["calibration_slope"], rel=1e-3)
    assert intervals["tpr_at_1"]["value"] == found["tpr_at_fpr"]["0.01"]
    assert intervals["review_fpr"]["value"] == pytest.approx(
        found["recommendations"]["review"]["fpr"]
    )
    lift = intervals["lift_at_100"]["value"] * found["positives"] / found["rows"]
    assert intervals["precision_at_100"]["value"] == pytest.approx(lift)


def test_every_week_is_there_once(found: dict) -> None:
    assert sum(each["rows"] for each in found["weeks"]) == found["rows"]
    starts = [each["from"] for each in found["weeks"]]
    assert starts == sorted(set(starts))
    assert starts[0] == "2026-06-01T00:00:00Z"
    for each in found["weeks"]:
        assert each["review_fpr"]["low"] <= each["review_fpr"]["value"]


def test_slices_by_what_was_asked_and_by_what_is_protected(found: dict) -> None:
    by_sims = [each for each in found["slices"] if each["by"] == "sims"]
    by_age = [each for each in found["slices"] if each["by"] == "age_band"]

    assert len(by_sims) == 4
    assert sum(each["rows"] for each in by_sims) == found["rows"]
    assert {each["slice"] for each in by_age} == {"young", "old"}
    assert by_age[0]["figures"]["auc"]["value"] > 0.7


def test_bands_hold_every_row(found: dict) -> None:
    assert sum(each["rows"] for each in found["score_bands"]) == found["rows"]
    large = max(found["score_bands"], key=lambda each: each["positives"])
    assert 0.5 < large["observed_over_expected"]["value"] < 2


def test_leakage_names_columns_and_what_is_later_than_its_row(found: dict) -> None:
    leakage = found["leakage"]

    assert leakage["columns"][0]["name"] in {"sims", "liveness", "tenure"}
    assert leakage["later_than_the_row"] == [{"name": "document_since", "rows": 10}]
    assert leakage["upstream_in_sample"] == []
    assert leakage["entities"] == []


def test_entities_on_both_sides_are_counted_where_the_file_holds_both(
    bundle: Path, later: Path, tmp_path: Path
) -> None:
    path = tmp_path / "both.csv"
    pd.concat([with_documents(1), pd.read_csv(later)]).to_csv(path, index=False)

    figures = evaluate(bundle, Source(path=path), depth=Depth(Drawing(60))).figures

    [document] = figures["leakage"]["entities"]
    tail = 900  # rows of the fit's own test slice, all of known documents
    assert document["share_of_rows"] == pytest.approx((3_000 + tail) / (6_000 + tail), abs=0.01)


def test_the_assessment_is_readable_and_one_json_object(
    bundle: Path, later: Path, run: Run
) -> None:
    shown = run("evaluate", bundle, later, "--draws", 50)
    told = run("evaluate", bundle, later, "--draws", 50, "--json")
    plain = run("evaluate", bundle, later, "--draws", 0, "--json")

    for words in ("With intervals", "By week", "By slice", "age_band: old", "Fairness"):
        assert words in shown.stdout
    assert "document_since is later than the row itself in 10 rows" in shown.stdout
    assert {"intervals", "weeks", "slices", "leakage"} <= set(json.loads(told.stdout))
    assert "intervals" not in json.loads(plain.stdout)


def test_what_is_no_input_is_no_slice(bundle: Path, later: Path, run: Run) -> None:
    result = run("evaluate", bundle, later, "--by", "shoe_size", expect=1)

    assert "--by: 'shoe_size' is no input of registrations" in result.stderr


def test_rows_without_time_have_no_weeks_and_few_frauds_no_figures(
    bundle: Path, later: Path, tmp_path: Path
) -> None:
    rows = pd.read_csv(later).drop(columns="occurred_at")
    few = pd.concat([rows[rows["label"] == 0].head(300), rows[rows["label"] == 1].head(5)])
    few.to_csv(tmp_path / "few.csv", index=False)

    figures = evaluate(bundle, Source(path=tmp_path / "few.csv"), depth=Depth(Drawing(50))).figures

    assert figures["weeks"] == []
    assert all("figures" not in each for each in figures["slices"])
    assert "scores" not in figures["stability"]


def test_the_index_is_nothing_for_the_same_and_much_for_another() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 5_000)).astype(np.float32)
    gone = np.where(rng.random(5_000) < 0.4, np.nan, other).astype(np.float32)

    assert psi(np.array([1, 2, 3]), np.array([10, 20, 30])) == 0
    assert column_psi(one, other) < 0.02
    assert column_psi(one, other + 1) > 0.25
    assert column_psi(one, gone) > 0.25
    assert column_psi(np.full(9, np.nan, np.float32), np.full(9, np.nan, np.float32)) == 0


def test_a_share_interval_holds_its_share_and_ends_at_nothing_and_all() -> None:
    assert share_interval(0, 10).low == 0
    assert share_interval(10, 10).high == 1
    low, high = share_interval(5, 100)
    assert (round(low, 4), round(high, 4)) == (0.0164, 0.1128)


def test_a_week_without_innocents_has_no_rate(dataset: Dataset) -> None:
    guilty = dataset.take(np.flatnonzero(dataset.labels == 1)[:5])
    rows = Dataset(
        product=guilty.product,
        matrix=guilty.matrix,
        labels=guilty.labels,
        weights=guilty.weights,
        times=np.zeros(5, np.int64),
        rows=guilty.rows,
        file=guilty.file,
        label="label",
    )
    given = Answers(np.zeros(5, np.float32), np.full(5, 0.5), np.full(5, 600))
    thresholds = Thresholds(review_margin=0, block_margin=1, block_score=700)

    [week] = weeks(rows, given, thresholds)

    assert week["review_fpr"] is None
    assert week["observed_over_expected"] == 2


def test_a_bundle_without_history_of_others_has_no_strata(found: dict, bundle: Path) -> None:
    assert load_bundle(bundle).product.history == ()
    assert not any(each["by"].startswith("history") for each in found["slices"])
