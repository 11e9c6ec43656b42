"""History in training: replayed, hidden here and there, with the scores of frozen bundles."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from riskscore.model.bundle import load_bundle
from riskscore.product.encode import Matrix
from riskscore.product.moments import rfc3339
from riskscore.product.recipe import Recipe
from riskscore.product.spec import Product
from riskscore.product.toml import product_from
from tests.history.deliveries import deliveries
from tests.history.files import write_events
from tests.history.oracle import answers
from tests.history.products import HERE, PARCEL, VISIT
from tests.history.streams import DAY, START
from tests.training.conftest import Run
from training import stored
from training.datasets import Dataset, Places, Source
from training.errors import UpstreamOverlaps
from training.masking import columns_by_product, masked
from training.pipeline import Order, fit
from training.read import read_dataset

PARCEL_TOML, VISIT_TOML = HERE / "parcel.toml", HERE / "visit.toml"


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_events(tmp_path_factory.mktemp("events"), *deliveries())


@pytest.fixture(scope="module")
def later_events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_events(tmp_path_factory.mktemp("later"), *deliveries(first_day=30))


@pytest.fixture(scope="module")
def rows(events: Path) -> Dataset:
    return read_dataset(PARCEL, Source(path=events, declarations=(HERE,)))


def test_the_history_command_writes_what_the_oracle_says(
    events: Path, run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "visits.csv"

    run("history", VISIT_TOML, events, "--out", out)

    stream = deliveries()
    right = answers(VISIT, *stream)
    table = pd.read_csv(out)
    assert table["label"].sum() > 0
    for name in [each.name for each in VISIT.history]:
        np.testing.assert_array_equal(table[name], [each[name].value for each in right])


def test_declared_since_when_all_was_watched_nothing_is_short(
    events: Path, run: Run, tmp_path: Path
) -> None:
    out, since = tmp_path / "visits.parquet", rfc3339(START - 30 * DAY)

    run("history", VISIT_TOML, events, "--out", out, "--known-since", since)

    assert not pd.read_parquet(out)["parcels_by_phone_2h"].isna().any()


def test_a_fit_on_events_computes_history_and_learns_from_it(
    events: Path, run: Run, tmp_path: Path
) -> None:
    run("fit", PARCEL_TOML, events, "--out", tmp_path)

    bundle = load_bundle(tmp_path / "parcel/1")
    assert bundle.manifest["metrics"]["auc"] > 0.8
    assert bundle.manifest["recipe"]["history_masking"] == 0.2
    assert bundle.manifest["data"]["upstreams"] == []
    names = [each.name for each in bundle.product.columns]
    assert bundle.importance[names.index("confirmed_by_sender_1d")] >= 0


def test_a_table_with_history_fits_the_same_model(events: Path, run: Run, tmp_path: Path) -> None:
    run("history", PARCEL_TOML, events, "--out", tmp_path / "parcels.parquet")

    run("fit", PARCEL_TOML, events, "--out", tmp_path / "a", "--plain")
    run("fit", PARCEL_TOML, tmp_path / "parcels.parquet", "--out", tmp_path / "b")

    trees = [(tmp_path / each / "parcel/1/model.ubj").read_bytes() for each in ("a", "b")]
    assert trees[0] == trees[1]


def test_rows_set_aside_keep_their_history(events: Path, run: Run, tmp_path: Path) -> None:
    out = tmp_path / "held.parquet"

    run("fit", PARCEL_TOML, events, "--out", tmp_path, "--holdout", 0.2, "--holdout-out", out)
    result = run("evaluate", tmp_path / "parcel/1", out, "--json")

    assert json.loads(result.stdout)["rows"] == len(pd.read_parquet(out))


def test_a_bundle_is_judged_on_events_it_replays_itself(
    events: Path, later_events: Path, run: Run, tmp_path: Path
) -> None:
    run("fit", VISIT_TOML, events, "--out", tmp_path)
    run("fit", PARCEL_TOML, events, "--out", tmp_path)

    result = run("evaluate", tmp_path / "parcel", later_events, "--json")

    assert json.loads(result.stdout)["auc"] > 0.7


def hidden_in(rows: Dataset, places: Places, *, seed: int) -> Matrix:
    return np.concatenate(list(masked(rows, places, seed=seed)))


def test_all_columns_of_a_product_are_hidden_together(rows: Dataset) -> None:
    everything = replace(rows, matrix=np.ones_like(rows.matrix))

    hidden = np.isnan(hidden_in(everything, np.arange(len(rows)), seed=3))

    inputs = [place for place, each in enumerate(PARCEL.columns) if each in PARCEL.inputs]
    assert not hidden[:, inputs].any()
    shares = []
    for columns in columns_by_product(PARCEL).values():
        assert (hidden[:, columns].all(axis=1) == hidden[:, columns].any(axis=1)).all()
        shares.append(hidden[:, columns[0]])
    assert [each.mean() for each in shares] == pytest.approx([0.2, 0.2, 0.2], abs=0.05)
    assert not (shares[0] == shares[1]).all()
    assert np.all(shares, axis=0).mean() == pytest.approx(0.1, abs=0.04)  # a new installation's


def test_hiding_is_the_same_for_the_same_seed_and_row(rows: Dataset) -> None:
    some = np.arange(10, 40)

    alone, among = (
        hidden_in(rows, some, seed=3),
        hidden_in(rows, np.arange(len(rows)), seed=3)[some],
    )

    np.testing.assert_array_equal(alone, among)
    other = hidden_in(rows, some, seed=4)
    assert not np.array_equal(np.isnan(alone), np.isnan(other))


def test_hiding_is_the_same_however_rows_are_cut_into_blocks(
    rows: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = np.arange(5, len(rows) - 5)
    whole = hidden_in(rows, some, seed=3)

    monkeypatch.setattr(stored, "BLOCK", 70)

    assert len(list(masked(rows, some, seed=3))) > 5
    np.testing.assert_array_equal(hidden_in(rows, some, seed=3), whole)


def test_a_recipe_may_hide_nothing(rows: Dataset) -> None:
    frank = replace(rows, product=replace(PARCEL, recipe=Recipe(history_masking=0.0)))

    np.testing.assert_array_equal(hidden_in(frank, np.arange(len(rows)), seed=3), rows.matrix)


def test_what_is_derived_from_history_is_hidden_with_it() -> None:
    source = PARCEL.source + DERIVED
    product = declared(source)

    places = columns_by_product(product)

    assert [product.columns[place].name for place in places["note"]][-1] == "notes_per_weight"


DERIVED = """
[[derived]]
name = "notes_per_weight"
kind = "ratio"
of = ["notes_by_sender_1d", "weight"]
"""


def declared(source: str) -> Product:
    return product_from(source, "parcel.toml")


@pytest.fixture(scope="module")
def upstream(events: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of visits, fitted on the earlier events."""
    source = Source(path=events, declarations=(HERE,))
    return fit(VISIT, source, Order(models=tmp_path_factory.mktemp("upstream")))


def test_a_frozen_upstream_bundle_scores_what_came_later(
    later_events: Path, upstream: Path, run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "parcels.parquet"

    run("history", PARCEL_TOML, later_events, "--out", out, "--scores-from", upstream)

    scores = pd.read_parquet(out)["latest_visit_score_by_phone_1d"].dropna()
    assert len(scores) > 10
    assert ((scores >= 0) & (scores <= 1000) & (scores % 1 == 0)).all()


@pytest.mark.parametrize("from_table", [True, False])
def test_the_manifest_pins_the_upstream_bundle(
    later_events: Path, upstream: Path, run: Run, tmp_path: Path, *, from_table: bool
) -> None:
    table = tmp_path / "parcels.parquet"
    options = ["--scores-from", upstream]
    run("history", PARCEL_TOML, later_events, "--out", table, *options)

    data = [table] if from_table else [later_events, *options]
    run("fit", PARCEL_TOML, *data, "--out", tmp_path)

    [pinned] = load_bundle(tmp_path / "parcel/1").manifest["data"]["upstreams"]
    bundle = load_bundle(upstream)
    until = bundle.manifest["data"]["to"]
    wanted = {"product": "visit", "version": "1", "sha256": bundle.sha256, "until": until}
    assert pinned == wanted


def test_an_upstream_bundle_fitted_on_the_same_time_is_refused(
    events: Path, upstream: Path, run: Run, tmp_path: Path
) -> None:
    result = run("fit", PARCEL_TOML, events, "--out", tmp_path, "--scores-from", upstream, expect=1)

    assert "upstream visit version 1 was fitted on applications until" in result.stderr
    assert not (tmp_path / "parcel").exists()


def test_rows_taken_late_enough_need_no_early_scores(tmp_path: Path, upstream: Path) -> None:
    early, later = deliveries(), deliveries(first_day=30)
    came, found = early.applications + later.applications, early.outcomes + later.outcomes
    both = write_events(tmp_path, came, found)
    late = Source(path=both, declarations=(HERE,), scores_from=(upstream,), first=START + 32 * DAY)

    read = read_dataset(PARCEL, late)

    assert read.times is not None
    assert read.times.min() >= START + 32 * DAY
    with pytest.raises(UpstreamOverlaps, match="take later rows with --from"):
        read_dataset(PARCEL, replace(late, first=START + 20 * DAY))


def test_a_bundle_nobody_looks_at_is_refused(
    later_events: Path, upstream: Path, run: Run, tmp_path: Path
) -> None:
    result = run(
        "fit", VISIT_TOML, later_events, "--out", tmp_path, "--scores-from", upstream, expect=1
    )

    assert "no history column of visit looks at the score of visit" in result.stderr


def test_without_scores_a_person_is_told(events: Path, run: Run, tmp_path: Path) -> None:
    table = pq.read_table(events / "visit.parquet").drop_columns("score")
    folder = tmp_path / "events"
    folder.mkdir()
    for path in events.iterdir():
        pq.write_table(table if path.stem == "visit" else pq.read_table(path), folder / path.name)

    result = run("history", PARCEL_TOML, folder, "--out", tmp_path / "out.csv")

    assert "no column 'score'" in result.stderr


@pytest.mark.parametrize(
    "options", [["--known-since", "2025-01-01"], ["--from", "2025-01-01"]], ids=lambda each: each[0]
)
def test_what_only_events_know_is_refused_of_tables(
    dated: pd.DataFrame, toml: Path, run: Run, tmp_path: Path, options: list[str]
) -> None:
    dated.to_csv(tmp_path / "rows.csv", index=False)

    result = run("fit", toml, tmp_path / "rows.csv", "--out", tmp_path, *options, expect=1)

    assert f"{options[0]}: only an event folder knows" in result.stderr


def test_cross_validation_replays_too(events: Path, run: Run) -> None:
    result = run("crossvalidate", PARCEL_TOML, events, "--folds", 2, "--json")

    assert json.loads(result.stdout)["auc"] > 0.8
