"""What a file's rows got wrong, gathered per column: how many rows, and the first of them."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from riskscore.errors import DataInvalid
from riskscore.product.parsing import Refused, empty_cells, spelled_missing

SPELLED = "a missing value is an empty cell, not NaN, NA or null"
UNDECLARED = "declare missing = true if that is allowed"


@dataclass(slots=True)
class _Rows:
    """How many rows have one fault, and the first of them."""

    rows: int = 0
    first: int = 0

    def add(self, faulty: Refused, before: int) -> None:
        if faulty.any() and not self.rows:
            self.first = before + int(np.argmax(faulty)) + 1
        self.rows += int(faulty.sum())


@dataclass(slots=True)
class _Refusal:
    expected: str
    wrong: _Rows = field(default_factory=_Rows)
    empty: _Rows = field(default_factory=_Rows)
    spelled: bool = False

    def told(self) -> str:
        faults = []
        if self.wrong.rows:
            faults.append(
                f"expected {self.expected}; {self.wrong.rows} rows are not, the first is row "
                f"{self.wrong.first}{f' ({SPELLED})' if self.spelled else ''}"
            )
        if self.empty.rows:
            faults.append(
                f"{self.empty.rows} rows are empty, the first is row {self.empty.first}: "
                f"{UNDECLARED}"
            )
        return "; ".join(faults)


@dataclass(slots=True)
class Refusals:
    """Collects refused rows batch by batch; a row's number counts from 1, without the header."""

    path: Path
    columns: dict[str, _Refusal] = field(default_factory=dict)

    def add(
        self,
        column: str,
        expected: str,
        refused: Refused,
        *,
        before: int,
        cells: pa.Array | None = None,
    ) -> None:
        """Note the refused rows of one batch.

        Args:
            column: Its name.
            expected: What its values must be.
            refused: Shape (n_rows,).
            before: How many rows were read earlier.
            cells: The column as the file has it, where empty cells are to be told from wrong ones.
        """
        if not refused.any():
            return
        known = self.columns.setdefault(column, _Refusal(expected))
        empty = np.zeros_like(refused) if cells is None else refused & empty_cells(cells)
        known.empty.add(empty, before)
        known.wrong.add(refused & ~empty, before)
        known.spelled |= cells is not None and bool((refused & spelled_missing(cells)).any())

    def check(self) -> None:
        """Refuse the file if any row was refused.

        Raises:
            DataInvalid: Names every column, what was expected, how many rows and the first.
        """
        if self.columns:
            told = [f"column {name}: {each.told()}" for name, each in self.columns.items()]
            raise DataInvalid(
                f"{self.path}: {' | '.join(told)} (rows count from 1, without the header)"
            )
