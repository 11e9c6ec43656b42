"""What a file's rows got wrong, gathered per column: how many rows, and the first of them."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from riskscore.errors import DataInvalid
from riskscore.product.parsing import Refused


@dataclass(slots=True)
class _Refusal:
    expected: str
    rows: int
    first: int


@dataclass(slots=True)
class Refusals:
    """Collects refused rows batch by batch; a row's number counts from 1, without the header."""

    path: Path
    columns: dict[str, _Refusal] = field(default_factory=dict)

    def add(self, column: str, expected: str, refused: Refused, *, before: int) -> None:
        """Note the refused rows of one batch, of which ``before`` rows were read earlier."""
        if not refused.any():
            return
        first = before + int(np.argmax(refused)) + 1
        known = self.columns.setdefault(column, _Refusal(expected, 0, first))
        known.rows += int(refused.sum())

    def check(self) -> None:
        """Refuse the file if any row was refused.

        Raises:
            DataInvalid: Names every column, what was expected, how many rows and the first.
        """
        if self.columns:
            told = [
                f"column {name}: expected {each.expected}; {each.rows} rows are not, "
                f"the first is row {each.first}"
                for name, each in self.columns.items()
            ]
            raise DataInvalid(f"{self.path}: {' | '.join(told)}")
