"""When things happened and when we heard of them, as tables of rows say it."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskscore.product.parsing import Refused, parse_moments, texts
from riskscore.product.refusals import Refusals

Times = NDArray[np.int64]  # microseconds since 1970 in UTC
EXPECTED = "a date or date-time, such as 2026-11-21T10:00:00Z"


def read_times(column: pa.Array, path: Path, name: str) -> Times:
    """Read a time that every row must have.

    Raises:
        DataInvalid: Rows have no moment, or none that we read.
    """
    parsed = parse_moments(column)
    _refuse(parsed.refused | parsed.missing, path, name)
    return parsed.moments


def received(others: Mapping[str, pa.Array], own: str, path: Path) -> Times:
    """Return when each row was received: at its own time unless it says otherwise.

    Raises:
        DataInvalid: A time is unreadable.
    """
    times = read_times(others[own], path, own)
    if "received_at" not in others:
        return times
    parsed = parse_moments(others["received_at"])
    _refuse(parsed.refused, path, "received_at")
    return np.where(parsed.missing, times, parsed.moments)


def or_default(column: pa.Array | None, default: str, rows: int) -> list[str]:
    """Read a column of words that may be absent, in whole or in places."""
    return [default] * rows if column is None else [each or default for each in texts(column)]


def _refuse(wrong: Refused, path: Path, name: str) -> None:
    refusals = Refusals(path)
    refusals.add(name, EXPECTED, wrong, before=0)
    refusals.check()
