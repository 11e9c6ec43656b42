"""The gate reads labels as the challenger was fitted: a fraud not found is not taken for none."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from riskscore.product.moments import microseconds
from riskscore.product.toml import read_file
from tests.training.declared import HEAD, LIVENESS, RECIPE
from tests.training.gate.conftest import AGE, SIMS, registrations
from training.asked import Asked
from training.bootstrap import DAY
from training.datasets import Source
from training.gate.compare import Compared, compare
from training.gate.limits import read_limits
from training.pipeline import Order, fit

FAIR = AGE.format(model="false")
BEGUN = pd.Timestamp("2026-01-01", tz="UTC")
FITTED = microseconds(BEGUN.to_pydatetime()) + 200 * DAY
FOUND = 0.5  # of the frauds, after 15 days on average


class Country(NamedTuple):
    """An event folder where half the frauds are found, and two bundles fitted on its past.

    Attributes:
        champion: Takes rows without a found fraud for innocent, and lacks ``liveness``.
        better: Has it, and takes them for unlabelled.
        table: The rows after both, with what was found by the end as their labels.
    """

    events: Path
    truth: Path
    champion: Path
    better: Path
    table: Path


def write_events(folder: Path, rows: pd.DataFrame) -> Path:
    """Let half the frauds be found, late."""
    rng = np.random.default_rng(3)
    found = rows[(rows["label"] == 1) & (rng.random(len(rows)) < FOUND)]
    late = pd.to_timedelta(rng.exponential(15, len(found)), unit="D")
    known = pd.to_datetime(found["occurred_at"], utc=True) + late
    about = {"product": "registrations", "status": "confirmed"}
    outcomes = found[["reference"]].assign(**about, known_at=known)
    folder.mkdir()
    rows.drop(columns="label").to_parquet(folder / "registrations.parquet")
    ended = pd.to_datetime(rows["occurred_at"], utc=True).max()
    outcomes[known <= ended].to_parquet(folder / "outcomes.parquet")
    return folder


def fitted(events: Path, name: str, parts: str, *, pu: bool) -> Path:
    """Fit in a folder for each reading, as 500 points cannot mean both."""
    toml = events.parent / f"{name}.toml"
    toml.write_text(HEAD + parts + RECIPE, "utf-8")
    source = Source(path=events, as_of=FITTED, unlabelled="pu" if pu else "clean")
    asked = Asked(found_share=FOUND) if pu else Asked()
    models = events.parent / ("models of fraud" if pu else "models of found fraud")
    order = Order(models=models, version=name, asked=asked)
    return fit(read_file(toml), source, order)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    folder = tmp_path_factory.mktemp("country")
    rows = registrations(30_000, "2026-01-01", 4)
    events = write_events(folder / "events", rows)
    truth = rows[["reference", "label"]].assign(product="registrations")
    truth.to_parquet(folder / "truth.parquet")
    found = pd.read_parquet(events / "outcomes.parquet")["reference"]
    later = pd.to_datetime(rows["occurred_at"], utc=True) > BEGUN + pd.Timedelta(days=200)
    labelled = rows.assign(label=rows["reference"].isin(found).astype(int))
    labelled[later].to_csv(folder / "table.csv", index=False)
    return Country(
        events=events,
        truth=folder / "truth.parquet",
        champion=fitted(events, "plain", SIMS + FAIR, pu=False),
        better=fitted(events, "better", SIMS + LIVENESS + FAIR, pu=True),
        table=folder / "table.csv",
    )


def judged(country: Country, challenger: Path, source: Source) -> Compared:
    return compare(challenger, country.champion, source, read_limits(), draws=60)


def refused(found: Compared) -> set[str]:
    return {each.name for each in found.checks if each.verdict == "refused"}


def test_a_truly_better_one_is_accepted_though_labels_lack_half_the_frauds(
    country: Country,
) -> None:
    found = judged(country, country.better, Source(path=country.events))

    assert refused(found) == set()
    ratio = found.record["figures"]["observed_over_expected"]["challenger"]["value"]
    assert 0.85 < ratio < 1.15
    assert found.record["challenger"]["found_share"] == pytest.approx(FOUND)
    assert found.record["champion"]["found_share"] is None
    assert found.record["data"]["worth"]["unlabelled"] == "pu"
    [told, _] = [each.why for each in found.checks if each.name == "calibration"]
    assert told.endswith("where 50% of frauds are ever found, as it was fitted")


def test_lost_calibration_is_refused_by_that_reading_too(country: Country, tmp_path: Path) -> None:
    """Its folder held only a third of the innocent, so it expects too many frauds."""
    rows = registrations(30_000, "2026-01-01", 4)
    kept = (rows["label"] == 1) | (np.random.default_rng(5).random(len(rows)) < 1 / 3)
    thinned = write_events(tmp_path / "events", rows[kept].reset_index(drop=True))
    challenger = fitted(thinned, "thinned", SIMS + LIVENESS + FAIR, pu=True)

    found = judged(country, challenger, Source(path=country.events))

    assert "calibration" in refused(found)
    assert "better" not in refused(found)


def test_on_the_truth_probabilities_are_taken_as_they_are(country: Country) -> None:
    found = judged(country, country.better, Source(path=country.events, truth=country.truth))

    assert refused(found) == set()
    assert found.record["challenger"]["found_share"] is None
    ratio = found.record["figures"]["observed_over_expected"]["challenger"]["value"]
    assert 0.85 < ratio < 1.15


def test_the_labels_of_a_table_are_taken_for_the_whole_truth(country: Country) -> None:
    found = judged(country, country.better, Source(path=country.table))

    assert "calibration" in refused(found)
    assert found.record["challenger"]["found_share"] is None
