"""What outcomes say of each application: when fraud was known, why anybody looked, and whether."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from riskscore.history.folder import OUTCOMES
from riskscore.product.parsing import texts
from riskscore.product.tables import column_names, read_batches
from riskscore.product.values import Values
from training.bootstrap import DAY
from training.datasets import Dataset
from training.found import first_confirmed
from training.lateness import Lateness, lateness
from training.outcomes import read_outcomes
from training.receipts import or_default

WHO = ["tenant", "reference"]


class Known(NamedTuple):
    """Shape (n_rows,) each.

    Attributes:
        days: From the application to its first confirmation; NaN where there is none.
        because: Why somebody looked, where it was confirmed; empty where nothing says so.
        looked: Whether there is any outcome at all.
    """

    days: Values
    because: NDArray[np.object_]
    looked: NDArray[np.bool_]

    def take(self, places: NDArray[np.int64]) -> "Known":
        return Known(self.days[places], self.because[places], self.looked[places])


def known_of(rows: Dataset) -> Known:
    """Look up every row of an event folder, up to the moment that its labels are of."""
    path, as_of = rows.file.parent / OUTCOMES, int(rows.as_of or 0)
    about = _who(rows)
    first = first_confirmed(path, rows.product.name, about, as_of)
    outcomes = read_outcomes(path)
    heard = outcomes[outcomes[["known", "received"]].max(axis=1) <= as_of]
    heard = heard[heard["product"] == rows.product.name]
    looked = pd.MultiIndex.from_frame(about).isin(pd.MultiIndex.from_frame(heard[WHO]))
    known = first["known"].to_numpy(np.float64)
    days = np.maximum(known - _times(rows), 0) / DAY
    because = first["looked_because"].fillna("").to_numpy(object)
    return Known(days, because, np.asarray(looked))


def lateness_of(rows: Dataset, known: Known) -> Lateness | None:
    """Estimate how late outcomes come; None where there are too few."""
    fraud = (rows.labels == 1) & ~np.isnan(known.days)
    times = _times(rows)[fraud]
    when = times + (known.days[fraud] * DAY).astype(np.int64)
    return lateness(times, when, int(rows.as_of or 0))


def _times(rows: Dataset) -> NDArray[np.int64]:
    if rows.times is None:
        raise ValueError("an event folder has times")
    return rows.times


def _who(rows: Dataset) -> pd.DataFrame:
    names = [name for name in WHO if name in column_names(rows.file)]
    tables = [pa.Table.from_batches([each]) for each in read_batches(rows.file, only=names)]
    whole = pa.concat_tables(tables, promote_options="permissive").combine_chunks()
    tenants = whole["tenant"].combine_chunks() if "tenant" in names else None
    frame = pd.DataFrame(
        {
            "tenant": or_default(tenants, "default", len(whole)),
            "reference": texts(whole["reference"].combine_chunks()),
        }
    )
    return frame.iloc[rows.rows].reset_index(drop=True)
