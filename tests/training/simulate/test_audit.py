"""The audit finds the country clean, and finds what is planted in it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner

from training.commands.simulate import show, simulate_command
from training.simulate.audit import (
    Rows,
    difference,
    first_rows,
    link_findings,
    out_of_fold,
    single_finding,
    telltale_finding,
)
from training.simulate.links import link_counts, permuted
from training.simulate.telltales import TELLTALES

PRODUCT = "sim_registration"
Plant = Callable[[pd.DataFrame, "pd.Series[bool]"], pd.DataFrame]


@pytest.fixture(scope="session")
def rows(tables: dict[str, pa.Table]) -> Rows:
    return first_rows(PRODUCT, tables[PRODUCT], tables["truth"].to_pandas())


def gaps(frame: pd.DataFrame, fraud: "pd.Series[bool]") -> pd.DataFrame:
    return frame.assign(contract=frame.contract.mask(fraud))


def cents(frame: pd.DataFrame, fraud: "pd.Series[bool]") -> pd.DataFrame:
    round_hours = frame.hours_since_sim_swap.round(-1)
    rounded = frame.address_to_shop_km.round(0) + 500
    return frame.assign(
        hours_since_sim_swap=frame.hours_since_sim_swap.mask(fraud, round_hours),
        address_to_shop_km=(frame.address_to_shop_km + 500).mask(fraud, rounded),
    )


def noon(frame: pd.DataFrame, fraud: "pd.Series[bool]") -> pd.DataFrame:
    return frame.assign(occurred_at=frame.occurred_at.mask(fraud, frame.occurred_at.dt.floor("D")))


def long_numbers(frame: pd.DataFrame, fraud: "pd.Series[bool]") -> pd.DataFrame:
    return frame.assign(address=frame.address.mask(fraud, "X" + frame.address))


def every_tenth(frame: pd.DataFrame, fraud: "pd.Series[bool]") -> pd.DataFrame:
    last = frame.index[~fraud]
    places = np.full(len(frame), -1)
    count = int(fraud.sum())
    tenth = np.arange(0, len(frame), 10)[:: len(frame) // 10 // count][:count]
    places[tenth] = frame.index[fraud][: len(tenth)]
    places[places < 0] = np.r_[last, frame.index[fraud][len(tenth) :]]
    return frame.loc[places]


PLANTS: dict[str, Plant] = {
    "missingness": gaps,
    "digits and rounding": cents,
    "timestamps": noon,
    "identifier format": long_numbers,
    "row order": every_tenth,
}


@pytest.mark.parametrize("name", list(TELLTALES))
def test_a_country_tells_nothing_by_accident(rows: Rows, name: str) -> None:
    assert telltale_finding(rows, name).kept


@pytest.mark.parametrize("name", list(PLANTS))
def test_a_planted_tell_tale_is_found(rows: Rows, name: str) -> None:
    fraud = pd.Series(rows.fraud, index=rows.frame.index)
    frame = PLANTS[name](rows.frame, fraud)
    planted = replace(rows, frame=frame.reset_index(drop=True), fraud=fraud[frame.index].to_numpy())

    finding = telltale_finding(planted, name)

    assert not finding.kept
    assert finding.value > 0.7


def test_no_single_input_tells_too_much(rows: Rows) -> None:
    assert single_finding(rows).kept


def test_a_single_input_that_is_the_truth_is_found(rows: Rows) -> None:
    planted = replace(rows, frame=rows.frame.assign(name_match=np.where(rows.fraud, 1.0, 99.0)))

    finding = single_finding(planted)

    assert not finding.kept
    assert finding.what.endswith("name_match")


def test_linking_tells_fraud_and_permuted_linking_does_not(rows: Rows) -> None:
    frames, entities = {PRODUCT: rows.frame}, {PRODUCT: ["id_document", "imei", "dealer"]}
    real = link_counts(frames, PRODUCT, entities)
    chance = link_counts(permuted(frames, entities, 1), PRODUCT, entities)
    folds = np.arange(len(rows.frame)) % 3

    linked, dealt = (out_of_fold(counts, rows.fraud, folds) for counts in (real, chance))

    gain = difference(rows.fraud, dealt, linked)
    assert gain.value > 2 * gain.error
    assert link_findings(rows, real, chance)[-1].kept


def test_counts_are_of_earlier_rows_in_the_window() -> None:
    days = pd.to_datetime(["2025-01-01", "2025-01-03", "2025-02-20", "2025-02-21"], utc=True)
    frame = pd.DataFrame({"received_at": days, "imei": ["a", "a", "a", None]})

    counts = link_counts({PRODUCT: frame}, PRODUCT, {PRODUCT: ["imei"]})

    np.testing.assert_array_equal(counts[:3], [[0, 0, 0], [1, 1, 1], [0, 0, 2]])
    assert np.isnan(counts[3]).all()


def test_the_error_of_an_auc_shrinks_with_the_rows() -> None:
    rng = np.random.default_rng(0)
    fraud = rng.random(20_000) < 0.1
    told = rng.random(20_000) + fraud * 0.2
    few = slice(0, 2_000)

    all_rows = difference(fraud, told, np.zeros(20_000))
    few_rows = difference(fraud[few], told[few], np.zeros(2_000))

    assert all_rows.error == pytest.approx(few_rows.error / np.sqrt(10), rel=0.25)


def test_the_command_needs_a_folder_to_write() -> None:
    result = CliRunner().invoke(simulate_command, [])

    assert result.exit_code == 2
    assert "--out" in result.output


def test_the_command_writes_a_folder(tmp_path: Path) -> None:
    asked = ["--out", str(tmp_path), "--people", "1500", "--days", "60", "--seed", "7"]

    result = CliRunner().invoke(simulate_command, asked)

    assert result.exit_code == 0, result.output
    assert {each.stem for each in tmp_path.iterdir()} >= {"outcomes", "truth", PRODUCT}


def test_a_broken_bound_ends_the_command_with_1(rows: Rows) -> None:
    finding = replace(telltale_finding(rows, "row order"), kept=False)

    with pytest.raises(SystemExit) as stopped:
        show([finding])

    assert stopped.value.code == 1
