"""An event folder whose truth we made: bursts by document, frauds found late, a rule that helps."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.training.declared import HEAD, LIVENESS, RECIPE, SIMS
from training.datasets import Source

ROWS, DAYS = 8_000, 200
OTHERS = """
[[feature]]
name = "channel"
kind = "category"
values = ["store", "online"]

[[feature]]
name = "lost"
kind = "flag"
"""
PRODUCT = HEAD + SIMS + LIVENESS + OTHERS + RECIPE
RULES = """
product = "registrations.toml"

[[rule]]
name = "many SIMs"
all = [{feature = "sims", at_least = 25}]

[[rule]]
name = "no live face, online"
all = [{feature = "liveness", below = 0.1}, {feature = "channel", equals = "online"}]
"""


@dataclasses.dataclass(frozen=True)
class Prospect:
    """Where a prospect's files are, and what we know of them."""

    folder: Path
    product: Path
    rules: Path
    applications: pd.DataFrame
    outcomes: pd.DataFrame

    @property
    def source(self) -> Source:
        return Source(path=self.folder)

    def with_outcomes(self, folder: Path, outcomes: pd.DataFrame) -> Source:
        """Write the same applications with other outcomes."""
        self.applications.to_parquet(folder / "registrations.parquet")
        outcomes.to_parquet(folder / "outcomes.parquet")
        return Source(path=folder)


def applications() -> pd.DataFrame:
    """Many SIMs and a poor live face mean fraud; the channel means nothing."""
    rng = np.random.default_rng(3)
    sims, liveness = rng.integers(0, 30, ROWS), rng.random(ROWS).round(4)
    risk = sims / 8 - 4 * liveness + rng.logistic(size=ROWS)
    times = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(
        np.sort(rng.random(ROWS)) * DAYS, unit="D"
    ).round("s")
    return pd.DataFrame(
        {
            "reference": [f"r{number}" for number in range(ROWS)],
            "occurred_at": times,
            "document": rng.integers(0, 2_000, ROWS).astype(str),
            "sims": sims,
            "liveness": np.where(rng.random(ROWS) < 0.05, np.nan, liveness),
            "channel": rng.choice(["store", "online"], ROWS),
            "lost": rng.random(ROWS) < 0.01,
            "ours": sims >= 25,
            "fraud": risk > 3.4,
        }
    )


def outcomes_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Find every fraud after some days, half of those with many SIMs because of the rule."""
    rng = np.random.default_rng(4)
    frauds = rows[rows["fraud"]]
    days = np.minimum(rng.exponential(10, len(frauds)), 60)
    owed = (frauds["sims"] >= 25) & (rng.random(len(frauds)) < 0.5)
    return pd.DataFrame(
        {
            "product": "registrations",
            "reference": frauds["reference"],
            "status": "confirmed",
            "known_at": frauds["occurred_at"] + pd.to_timedelta(days, unit="D").round("s"),
            "looked_because": np.where(owed, "rule_hit", "complaint"),
        }
    )


@pytest.fixture(scope="session")
def prospect(tmp_path_factory: pytest.TempPathFactory) -> Prospect:
    folder = tmp_path_factory.mktemp("prospect")
    events = folder / "events"
    events.mkdir()
    product, rules = folder / "registrations.toml", folder / "rules.toml"
    product.write_text(PRODUCT, "utf-8")
    rules.write_text(RULES, "utf-8")
    rows = applications()
    found = outcomes_of(rows)
    made = Prospect(events, product, rules, rows, found)
    made.with_outcomes(events, found)
    return made
