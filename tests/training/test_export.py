"""What a service saw comes back as it was served, and can be learned from."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscore.settings import Settings
from tests.clients import served
from tests.conftest import sqlite_url
from tests.streams import Country, send, simulated
from tests.training.conftest import Run
from training.datasets import Source
from training.events import events_of, read_events
from training.history import past_of


def test_an_exported_folder_holds_what_was_served(
    store_settings: Settings, built_in_models: Path, tmp_path: Path, run: Run
) -> None:
    country = simulated(tmp_path / "country", people=1_000, days=60)
    with served(store_settings, models=built_in_models) as client:
        send(client, country)
    out = tmp_path / "seen"

    url = ["--database", store_settings.database_url, "--models", built_in_models]
    result = run("export", *url, "--out", out)

    assert f"wrote {out}: account_activity" in result.stdout
    for name in country.products:
        check_served(country, name, out)
    outcomes = pd.read_parquet(country.folder / "outcomes.parquet")
    written = pd.read_parquet(out / "outcomes.parquet")
    assert sorted(written["reference"]) == sorted(outcomes["reference"])


def check_served(country: Country, name: str, out: Path) -> None:
    """Compare every row with what the service answered, and find no history left to compute."""
    product = country.products[name]
    sent = pd.read_parquet(country.folder / f"{name}.parquet").set_index("reference")
    written = pd.read_parquet(out / f"{name}.parquet").set_index("reference")
    assert set(written.index) <= set(sent.index)
    places = {reference: row for row, reference in enumerate(sent.index)}
    for reference, row in written.iterrows():
        served = country.history[name][places[reference]]
        values = [row[column.name] for column in product.history]
        wanted = [served[column.name] for column in product.history]
        np.testing.assert_array_equal(values, np.array(wanted, float))
        assert row["score"] == country.scores[name][places[reference]]
    computed, _ = past_of(product, events_of(product, out), Source(path=out))
    assert computed == {}
    truth = country.folder / "truth.parquet"
    dataset = read_events(product, Source(path=out, truth=truth))
    assert len(dataset) == len(written)


def test_no_database_and_another_one_are_one_line(
    built_in_models: Path, tmp_path: Path, run: Run
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "riskscore.db").write_bytes(b"nonsense" * 1_000)
    options = ["--models", built_in_models, "--out", tmp_path / "seen", "--database"]

    absent = run("export", *options, sqlite_url(tmp_path), expect=1)
    foreign = run("export", *options, sqlite_url(other), expect=1)

    assert "riskscore.db: no such database" in absent.stderr
    assert "the database cannot be read, or is none of ours" in foreign.stderr


def test_the_database_may_be_told_by_a_file_and_not_twice(
    built_in_models: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = tmp_path / "url"
    url.write_text(sqlite_url(tmp_path) + "\n")
    options = ["--models", built_in_models, "--out", tmp_path / "seen"]

    monkeypatch.setenv("RISKSCORE_DATABASE_URL_FILE", str(url))
    absent = run("export", *options, expect=1)
    monkeypatch.setenv("RISKSCORE_DATABASE_URL", sqlite_url(tmp_path))
    twice = run("export", *options, expect=1)

    assert f"{tmp_path}/riskscore.db: no such database" in absent.stderr
    assert "expected it or RISKSCORE_DATABASE_URL, has both" in twice.stderr


def test_a_database_must_be_told(built_in_models: Path, tmp_path: Path, run: Run) -> None:
    result = run("export", "--models", built_in_models, "--out", tmp_path / "seen", expect=2)

    assert "expected --database or RISKSCORE_DATABASE_URL" in result.stderr
