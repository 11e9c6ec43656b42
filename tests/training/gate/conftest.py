"""A champion that lacks a column, and rows to fit its challengers and to judge them on."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from riskscore.product.toml import read_file
from tests.training import declared
from tests.training.declared import HEAD, LIVENESS, RECIPE
from training.datasets import Source
from training.pipeline import Order, fit

ROWS, LATER = 12_000, 30_000
SIMS = f"""{declared.SIMS}
[[feature]]
name = "tenure"
kind = "number"
low = 0.0
high = 100.0
"""
AGE = """
[[feature]]
name = "age_band"
kind = "category"
values = ["young", "old"]
protected = true
model = {model}
"""
BLOCKED = """
[[feature]]
name = "calls_after"
kind = "number"
low = 0.0
high = 1000.0
missing = true
"""


class Ring(NamedTuple):
    """Where bundles and rows are.

    Attributes:
        champion: Fitted without ``liveness``.
        better: Fitted with it.
        later: Rows after all that they were fitted on.
    """

    folder: Path
    champion: Path
    better: Path
    earlier: pd.DataFrame
    later: Path

    def challenger(self, name: str, parts: str, rows: pd.DataFrame, *, seed: int = 0) -> Path:
        """Fit one more version."""
        return fitted(self.folder, name, parts, rows, seed=seed)


def registrations(rows: int, start: str, seed: int) -> pd.DataFrame:
    """Draw rows whose risk SIMs, a short tenure and a poor live face raise, but not age."""
    rng = np.random.default_rng(seed)
    sims, liveness = rng.integers(0, 30, rows), rng.random(rows).round(4)
    old = rng.random(rows) < 0.5
    tenure = rng.exponential(10, rows).clip(0, 100)
    risk = sims / 8 - tenure / 10 - 4 * liveness + rng.logistic(size=rows)
    label = (risk > 1.6).astype(int)
    times = pd.date_range(start, periods=rows, freq="15min", tz="UTC")
    after = np.where(label == 1, 1.0 + rng.random(rows), np.nan)
    return pd.DataFrame(
        {
            "reference": [f"{seed}-{number}" for number in range(rows)],
            "occurred_at": times.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "sims": sims,
            "tenure": tenure.round(3),
            "liveness": liveness,
            "age_band": np.where(old, "old", "young"),
            "calls_after": np.where(rng.random(rows) < 0.7, after, np.nan),
            "label": label,
        }
    )


def fitted(folder: Path, name: str, parts: str, rows: pd.DataFrame, *, seed: int = 0) -> Path:
    toml, data = folder / f"{name}.toml", folder / f"{name}.csv"
    toml.write_text(HEAD + parts + RECIPE, "utf-8")
    rows.to_csv(data, index=False)
    order = Order(models=folder / "models", version=name, seed=seed)
    return fit(read_file(toml), Source(path=data), order)


@pytest.fixture(scope="session")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Ring:
    folder = tmp_path_factory.mktemp("ring")
    earlier = registrations(ROWS, "2026-01-01", 1)
    later = folder / "later.csv"
    registrations(LATER, "2026-06-01", 2).to_csv(later, index=False)
    fair = AGE.format(model="false")
    champion = fitted(folder, "plain", SIMS + fair, earlier)
    better = fitted(folder, "better", SIMS + LIVENESS + fair, earlier)
    return Ring(folder, champion, better, earlier, later)
