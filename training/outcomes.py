"""From outcomes to labels: what was known about each application by a moment."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from riskscore.product.parsing import texts
from riskscore.product.refusals import Refusals
from riskscore.product.tables import column_names, read_batches
from training.errors import ColumnsMissing
from training.receipts import or_default, read_times, received

NEEDED = ("product", "reference", "status", "known_at")
WANTED = (*NEEDED, "tenant", "received_at", "source", "looked_because")
DISPUTED = -1
LABEL = {"confirmed": 1, "cleared": 0, "retracted": 0, "disputed": DISPUTED}


def labels_known(path: Path, product: str, about: pd.DataFrame, as_of: int) -> NDArray[np.int8]:
    """Label applications by the latest outcome known by a moment.

    Args:
        path: The outcomes of an event folder.
        product: Whose outcomes.
        about: The applications, with ``tenant`` and ``reference``.
        as_of: Microseconds UTC; outcomes known or received later do not count.

    Returns:
        Shape (n_applications,): 1 confirmed, 0 cleared, retracted or never heard of, -1 disputed.

    Raises:
        ColumnsMissing, DataInvalid: The outcomes are not as they should be.
    """
    outcomes = read_outcomes(path)
    known = outcomes[(outcomes["product"] == product) & (outcomes["known"] <= as_of)]
    known = known[known["received"] <= as_of].sort_values(["known", "received"], kind="stable")
    latest = known.drop_duplicates(["tenant", "reference"], keep="last")
    latest = latest.assign(label=latest["status"].map(LABEL))
    found = about[["tenant", "reference"]].merge(
        latest[["tenant", "reference", "label"]], how="left", on=["tenant", "reference"]
    )
    labels: NDArray[np.int8] = found["label"].fillna(0).to_numpy(np.int8)
    return labels


def read_outcomes(path: Path) -> pd.DataFrame:
    """Read product, reference, status, tenant, source, looked_because, known and received.

    And ``looked_because``, empty where nobody said why.

    Raises:
        ColumnsMissing: A column is not there.
        DataInvalid: A status is unknown, a reference or time missing.
    """
    names = column_names(path)
    absent = [name for name in NEEDED if name not in names]
    if absent:
        raise ColumnsMissing(f"{path}: no column {absent[0]!r}; expected {', '.join(NEEDED)}")
    columns = [name for name in WANTED if name in names]
    tables = [pa.Table.from_batches([each]) for each in read_batches(path, only=columns)]
    whole = pa.concat_tables(tables, promote_options="permissive")
    others = {name: whole[name].combine_chunks() for name in columns}
    refusals = Refusals(path)
    for name in ("product", "reference"):
        absent_here = np.array([each is None for each in texts(others[name])], bool)
        refusals.add(name, f"a {name}", absent_here, before=0)
    strange = np.array([each not in LABEL for each in texts(others["status"])], bool)
    refusals.add("status", f"one of {', '.join(LABEL)}", strange, before=0)
    refusals.check()
    return pd.DataFrame(
        {
            **{name: texts(others[name]) for name in ("product", "reference", "status")},
            "tenant": or_default(others.get("tenant"), "default", len(whole)),
            "source": or_default(others.get("source"), "", len(whole)),
            "looked_because": or_default(others.get("looked_because"), "", len(whole)),
            "known": read_times(others["known_at"], path, "known_at"),
            "received": received(others, "known_at", path),
        }
    )
