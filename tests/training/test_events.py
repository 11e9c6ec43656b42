"""Event folders: which applications count, and what was known of them when."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from riskscore.errors import DataInvalid, RiskScoreError
from riskscore.product.moments import moment_or_date, rfc3339
from riskscore.product.spec import Product
from training.datasets import Dataset, Source
from training.errors import ColumnsMissing, LabelsInvalid
from training.read import read_dataset

FEATURES = {"liveness": 0.5, "port_in": True, "channel": "store"}
DAYS = pd.date_range("2026-01-01", periods=60, freq="D", tz="UTC")


def application(reference: str, day: int, **more: Any) -> dict[str, Any]:
    """One application; its number of SIMs tells it from others."""
    return {"reference": reference, "occurred_at": DAYS[day], "sims": day, **FEATURES, **more}


def outcome(reference: str, status: str, day: int, **more: Any) -> dict[str, Any]:
    return {
        "product": "registrations",
        "reference": reference,
        "status": status,
        "known_at": DAYS[day],
        **more,
    }


GUILTY, INNOCENT = application("guilty", 1), application("innocent", 2)
FOUND = outcome("guilty", "confirmed", 5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, [GUILTY, INNOCENT], [FOUND])


def write(folder: Path, applications: list[dict], outcomes: list[dict]) -> Path:
    pd.DataFrame(applications).to_parquet(folder / "registrations.parquet")
    pd.DataFrame(outcomes).to_parquet(folder / "outcomes.parquet")
    return folder


def found(product: Product, folder: Path, as_of: str | None = None) -> dict[int, int]:
    """Read the folder; return the label of each application, by its number of SIMs."""
    moment = None if as_of is None else moment_or_date(as_of)
    dataset = read_dataset(product, Source(path=folder, as_of=moment))
    return by_sims(dataset)


def by_sims(dataset: Dataset) -> dict[int, int]:
    return dict(
        zip(dataset.matrix[:, 0].astype(int).tolist(), dataset.labels.tolist(), strict=True)
    )


def test_confirmed_is_fraud_and_nothing_heard_is_not(registrations: Product, folder: Path) -> None:
    assert found(registrations, folder) == {1: 1, 2: 0}


@pytest.mark.parametrize(
    ("status", "label"), [("cleared", 0), ("retracted", 0), ("confirmed", 1), ("disputed", None)]
)
def test_the_latest_outcome_stands(
    registrations: Product, tmp_path: Path, status: str, label: int | None
) -> None:
    outcomes = [FOUND, outcome("other", "confirmed", 9), outcome("other", status, 10)]
    write(tmp_path, [GUILTY, INNOCENT, application("other", 3)], outcomes[::-1])

    expected = {1: 1, 2: 0} | ({} if label is None else {3: label})
    assert found(registrations, tmp_path) == expected


def test_of_outcomes_of_one_moment_the_last_received_stands(
    registrations: Product, tmp_path: Path
) -> None:
    outcomes = [
        {**FOUND, "received_at": DAYS[6]},
        outcome("other", "confirmed", 9, received_at=DAYS[11]),
        outcome("other", "cleared", 9, received_at=DAYS[10]),
        outcome("third", "confirmed", 9),
        outcome("third", "cleared", 9),
    ]
    write(tmp_path, [GUILTY, INNOCENT, application("other", 3), application("third", 4)], outcomes)

    assert found(registrations, tmp_path) == {1: 1, 2: 0, 3: 1, 4: 0}


def test_only_what_was_known_by_then_counts(registrations: Product, tmp_path: Path) -> None:
    outcomes = [
        FOUND,
        outcome("known_late", "confirmed", 20),
        outcome("received_late", "confirmed", 5, received_at=DAYS[20]),
        outcome("later_cleared", "confirmed", 6),
        outcome("later_cleared", "cleared", 20),
    ]
    names = ["known_late", "received_late", "later_cleared"]
    others = [application(name, day) for day, name in enumerate(names, start=3)]
    write(tmp_path, [GUILTY, *others, application("young", 12)], outcomes)

    then = found(registrations, tmp_path, as_of="2026-01-11")

    assert then == {1: 1, 3: 0, 4: 0, 5: 1}
    assert found(registrations, tmp_path) == {1: 1, 3: 1, 4: 1, 5: 0, 12: 0}


def test_as_of_is_the_latest_of_all_times_unless_told(registrations: Product, folder: Path) -> None:
    pd.DataFrame([application("x", 30)]).to_parquet(folder / "another.parquet")

    dataset = read_dataset(registrations, Source(path=folder))

    assert dataset.as_of is not None
    assert rfc3339(dataset.as_of) == "2026-01-31T00:00:00Z"


def test_an_application_sent_again_counts_once_as_first_received(
    registrations: Product, tmp_path: Path
) -> None:
    again = [
        application("innocent", 7, received_at=DAYS[9]),
        application("innocent", 8, received_at=DAYS[8]),
        application("innocent", 9, tenant="another"),
        application("guilty", 1),
    ]
    write(tmp_path, again, [FOUND])

    assert found(registrations, tmp_path) == {1: 1, 8: 0, 9: 0}


def test_only_counting_purposes_stand_for_an_application(
    registrations: Product, tmp_path: Path
) -> None:
    purposes = [None, "onboard", "backfill", "rescreen", "test"]
    others = [
        application(f"r{day}", day, purpose=purpose) for day, purpose in enumerate(purposes, 2)
    ]
    first_rescreened = [
        application("twice", 20, purpose="rescreen"),
        application("twice", 21, purpose="onboard"),
    ]
    write(tmp_path, [GUILTY, *others, *first_rescreened], [FOUND])

    assert found(registrations, tmp_path) == {1: 1, 2: 0, 3: 0, 4: 0, 21: 0}


def test_outcomes_belong_to_a_tenant_and_a_product(registrations: Product, tmp_path: Path) -> None:
    outcomes = [
        FOUND,
        outcome("innocent", "confirmed", 5, tenant="another"),
        {**outcome("innocent", "confirmed", 5), "product": "another"},
    ]
    write(tmp_path, [GUILTY, INNOCENT], outcomes)

    assert found(registrations, tmp_path) == {1: 1, 2: 0}


def test_the_truth_may_stand_instead(registrations: Product, folder: Path, tmp_path: Path) -> None:
    truth = tmp_path / "truth" / "truth.parquet"
    truth.parent.mkdir()
    pd.DataFrame(
        {
            "product": ["registrations", "registrations", "another"],
            "reference": ["guilty", "innocent", "guilty"],
            "label": [0, 1, 1],
        }
    ).to_parquet(truth)

    dataset = read_dataset(registrations, Source(path=folder, truth=truth))

    assert by_sims(dataset) == {1: 0, 2: 1}


def test_truth_that_does_not_know_a_row_is_refused(
    registrations: Product, folder: Path, tmp_path: Path
) -> None:
    truth = tmp_path / "known.parquet"
    columns = {"product": ["registrations"], "reference": ["guilty"], "label": [1]}
    pd.DataFrame(columns).to_parquet(truth)

    with pytest.raises(LabelsInvalid, match="does not know 1 of its rows, the first is row 2"):
        read_dataset(registrations, Source(path=folder, truth=truth))


WRONG: dict[str, tuple[list[dict], list[dict], type[RiskScoreError], str]] = {
    "status": (
        [GUILTY, INNOCENT],
        [FOUND, outcome("innocent", "guilty", 3)],
        DataInvalid,
        "column status: expected one of confirmed, cleared",
    ),
    "known_at": (
        [GUILTY, INNOCENT],
        [FOUND, {**FOUND, "known_at": None}],
        DataInvalid,
        "column known_at: expected a date or date-time",
    ),
    "purpose": (
        [GUILTY, {**INNOCENT, "purpose": "fun"}],
        [FOUND],
        DataInvalid,
        "column purpose: expected one of onboard, rescreen, backfill, test; 1 rows",
    ),
    "reference": (
        [GUILTY, {**INNOCENT, "reference": None}],
        [FOUND],
        DataInvalid,
        "column reference: expected a reference; 1 rows are not, the first is row 2",
    ),
    "sims": ([GUILTY, {**INNOCENT, "sims": -1}], [FOUND], DataInvalid, "column sims"),
    "no fraud": (
        [GUILTY, INNOCENT],
        [outcome("guilty", "cleared", 5)],
        LabelsInvalid,
        "every one of the 2 rows has label 0",
    ),
    "columns": (
        [GUILTY, INNOCENT],
        [{"reference": "guilty"}],
        ColumnsMissing,
        "no column 'product'",
    ),
}


@pytest.mark.parametrize(
    ("applications", "outcomes", "error", "message"), WRONG.values(), ids=WRONG
)
def test_wrong_events_are_refused(  # noqa: PLR0913, PLR0917 - one row of the table above
    registrations: Product,
    tmp_path: Path,
    applications: list[dict],
    outcomes: list[dict],
    error: type[RiskScoreError],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        found(registrations, write(tmp_path, applications, outcomes))


def test_a_folder_without_outcomes_has_no_labels(registrations: Product, folder: Path) -> None:
    (folder / "outcomes.parquet").unlink()

    with pytest.raises(LabelsInvalid, match=r"no outcomes\.parquet to take labels from"):
        found(registrations, folder)


def test_a_folder_without_the_product_is_refused(registrations: Product, folder: Path) -> None:
    (folder / "registrations.parquet").unlink()

    with pytest.raises(RiskScoreError, match=r"no registrations\.parquet beside outcomes"):
        found(registrations, folder)
