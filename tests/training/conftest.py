"""A made-up product, rows of it with a known effect, and the command line to fit them with."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from click.testing import CliRunner, Result

from riskscore.product.spec import Product
from riskscore.product.toml import read_file
from training.cli import main
from training.datasets import Dataset, Source
from training.read import read_dataset

Run = Callable[..., Result]


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Tiny models fit far faster when threads do not fight over them."""
    xgb.set_config(nthread=1)


@pytest.fixture(scope="session")
def toml() -> Path:
    return Path(__file__).with_name("registrations.toml")


@pytest.fixture(scope="session")
def registrations(toml: Path) -> Product:
    return read_file(toml)


@pytest.fixture
def frame() -> pd.DataFrame:
    """Two thousand registrations; many SIMs and a poor live face mean fraud."""
    rng = np.random.default_rng(7)
    sims, liveness = rng.integers(0, 30, 2_000), rng.random(2_000).round(4)
    risk = sims / 6 - 4 * liveness + rng.normal(size=2_000)
    return pd.DataFrame(
        {
            "reference": [f"r{number}" for number in range(2_000)],
            "sims": sims,
            "liveness": np.where(rng.random(2_000) < 0.1, np.nan, liveness),
            "port_in": rng.random(2_000) < 0.2,
            "channel": rng.choice(["store", "dealer", "online"], 2_000),
            "label": (risk > 3).astype(int),
        }
    )


@pytest.fixture
def dated(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows, one an hour."""
    times = pd.date_range("2026-01-01", periods=len(frame), freq="h", tz="UTC")
    return frame.assign(occurred_at=times.strftime("%Y-%m-%dT%H:%M:%SZ"))


@pytest.fixture
def csv(frame: pd.DataFrame, tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def subscribers() -> Path:
    """The real telecom set, which only a user can supply."""
    folder = os.environ.get("EVALUATION_DATA")
    if not folder:
        pytest.skip("EVALUATION_DATA is not set: it names the folder of the real telecom set")
    path = Path(folder) / "sichuan_telecom" / "subscribers.csv"
    if not path.exists():
        pytest.skip(f"EVALUATION_DATA: no {path}")
    return path


@pytest.fixture
def dataset(registrations: Product, csv: Path) -> Dataset:
    return read_dataset(registrations, Source(path=csv))


@pytest.fixture
def run() -> Run:
    """Run ``python -m training`` with these arguments; a traceback fails the test."""

    def invoke(*arguments: object, expect: int = 0) -> Result:
        result = CliRunner().invoke(main, [str(each) for each in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == expect, result.output
        return result

    return invoke
