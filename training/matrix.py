"""Read a table into the model matrix, batch by batch, so that size costs its float32 only."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from riskscore.product.encode import Matrix, encode
from riskscore.product.headers import found_instead
from riskscore.product.parsing import parse_input, parse_quantity
from riskscore.product.refusals import Refusals
from riskscore.product.spec import History, Product
from riskscore.product.tables import column_names, is_text, read_batches, row_count
from riskscore.product.values import Values, expected_in_file
from training.errors import ColumnsMissing
from training.progress import counting
from training.stored import Writing

ROWS = 16_384  # of a batch: what is computed with stays small


class Table(NamedTuple):
    """A table as read.

    Attributes:
        matrix: The model matrix, shape (n_rows, n_columns), in the file's order; on disk if asked.
        others: Name -> column of what was asked for beside the features, as the file has it.
    """

    matrix: Matrix
    others: dict[str, pa.Array]


def read_table(
    product: Product,
    path: Path,
    *,
    beside: Sequence[str] = (),
    past: Mapping[str, Values] | None = None,
    scratch: Path | None = None,
) -> Table:
    """Read the model's columns, and others beside them.

    Args:
        product: Whose columns; those that the model does not see are judged and not kept.
        path: csv, parquet or a folder of parquet parts.
        beside: Other columns wanted; those that are not there are left out.
        past: History columns that the table lacks, by name, in its order.
        scratch: A folder to keep the matrix in, where it is too large for memory.

    Raises:
        DataUnreadable: It is no table.
        DataInvalid: Values break the declaration.
        ColumnsMissing: A declared column is not there.
        ScratchFailed: The folder cannot hold the matrix.
    """
    names, past = column_names(path), past or {}
    unseen = [each.name for each in product.inputs if not each.model and each.name in names]
    features = [name for name in (*needed(product), *unseen) if name not in past]
    _check_columns(product, [*names, *past], path)
    beside = [name for name in beside if name in names]
    refusals = Refusals(path)
    rows = written_to(path, len(product.columns), scratch)
    kept: list[pa.Table] = []
    for batch in _reported(path, {*features, *beside}):
        before = len(rows)
        now = {name: values[before : before + batch.num_rows] for name, values in past.items()}
        read = _columns(product, batch, refusals, before)
        rows.append(encode(product, now | read))
        kept.append(pa.Table.from_batches([batch.select(beside)]))
    refusals.check()
    pa.default_memory_pool().release_unused()  # which keeps what a file took for the next one
    whole = pa.concat_tables(kept, promote_options="permissive")
    others = {name: whole[name].combine_chunks() for name in beside}
    return Table(rows.finished(), others)


def needed(product: Product) -> list[str]:
    """List the columns that a table must have, derived ones not."""
    inputs = [each.name for each in product.inputs if each.model]
    return inputs + [each.name for each in product.history]


def _check_columns(product: Product, names: Sequence[str], path: Path) -> None:
    history = {each.name for each in product.history}
    absent = [name for name in needed(product) if name not in names]
    if computed := [name for name in absent if name in history]:
        raise ColumnsMissing(
            f"{path}: history columns of {product.name} are absent: {', '.join(computed)}; "
            "they are computed from earlier applications and must be in the table; "
            "make one with python -m training history"
        )
    if absent:
        raise ColumnsMissing(
            f"{path}: columns of {product.name} are absent: {', '.join(absent)}; "
            f"{found_instead(names, absent)}"
        )


def _reported(path: Path, only: set[str]) -> Iterator[pa.RecordBatch]:
    with counting("Reading rows") as advance:
        for batch in read_batches(path, only=only, rows=ROWS):
            yield batch
            advance(batch.num_rows)


def _columns(
    product: Product, batch: pa.RecordBatch, refusals: Refusals, before: int
) -> dict[str, Values]:
    text = is_text(refusals.path)
    columns = {}
    wanted = (*product.inputs, *product.history)
    for each in (each for each in wanted if each.name in batch.schema.names):
        cells = batch[each.name]
        if isinstance(each, History):
            parsed, must = parse_quantity(cells, text=text), "a number"
        else:
            parsed, must = parse_input(each, cells, text=text), expected_in_file(each)
        refusals.add(each.name, must, parsed.refused, before=before, cells=cells)
        columns[each.name] = parsed.values
    return columns


def written_to(path: Path, columns: int, scratch: Path | None) -> "Whole | Chunks | Writing":
    """Choose where encoded rows go: to disk if asked, else to one array if their count is known."""
    if scratch is not None:
        return Writing(scratch)
    return Chunks() if is_text(path) else Whole(row_count(path), columns)


class Whole:
    """Encoded rows in memory, their number known before."""

    def __init__(self, rows: int, columns: int) -> None:
        self._whole, self._rows = np.empty((rows, columns), np.float32), 0

    def append(self, rows: Matrix) -> None:
        self._whole[self._rows : self._rows + len(rows)] = rows
        self._rows += len(rows)

    def __len__(self) -> int:
        return self._rows

    def finished(self) -> Matrix:
        return self._whole


class Chunks:
    """Encoded rows in memory, batch by batch until all are there."""

    def __init__(self) -> None:
        self._chunks: list[Matrix] = []
        self._rows = 0

    def append(self, rows: Matrix) -> None:
        self._chunks.append(rows)
        self._rows += len(rows)

    def __len__(self) -> int:
        return self._rows

    def finished(self) -> Matrix:
        """Join the batches, giving each back as soon as it is copied: memory peaks once."""
        whole = np.empty((self._rows, self._chunks[0].shape[1]), np.float32)
        self._chunks.reverse()
        start = 0
        while self._chunks:
            chunk = self._chunks.pop()
            whole[start : start + len(chunk)] = chunk
            start += len(chunk)
        return whole
