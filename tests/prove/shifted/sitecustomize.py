"""Python starts with this where it is on its path: a clock that is as wrong as a file says."""

import datetime as dt
import os
import time
from pathlib import Path

FILE = Path(os.environ["SHIFTED_BY"])  # holds seconds
right = time.time


def shift() -> float:
    return float(FILE.read_text() or 0)


class Shifted(dt.datetime):
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> "Shifted":
        return cls.fromtimestamp(right() + shift(), tz)


time.time = lambda: right() + shift()
dt.datetime = Shifted  # type: ignore[misc]
