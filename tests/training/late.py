"""Event folders of the made-up product, whose outcomes come late."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.bootstrap import DAY

AS_OF = 300 * DAY


def spread(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Take each row four times, at random moments until AS_OF."""
    rows = pd.concat([frame] * 4, ignore_index=True)
    occurred = np.sort(rng.integers(0, AS_OF, len(rows)))
    return rows.assign(
        reference=[f"r{number}" for number in range(len(rows))],
        occurred_at=pd.to_datetime(occurred, unit="us", utc=True),
    )


def write_events(
    folder: Path,
    rows: pd.DataFrame,
    found: NDArray[np.intp],
    days: NDArray[np.float64],
    **told: Any,
) -> Path:
    """Write rows, and outcomes of those at ``found`` so many days later; returns the folder."""
    occurred = rows["occurred_at"].iloc[found].reset_index(drop=True)
    late = pd.to_timedelta((days * DAY).astype(np.int64), unit="us")
    folder.mkdir()
    rows.drop(columns="label").to_parquet(folder / "registrations.parquet")
    pd.DataFrame(
        {
            "product": "registrations",
            "reference": rows["reference"].iloc[found].to_numpy(),
            "known_at": occurred + late,
            **told,
        }
    ).to_parquet(folder / "outcomes.parquet")
    return folder
