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
from riskscore.product.tables import column_names, is_text, read_batches
from riskscore.product.values import Values, expected_in_file
from training.errors import ColumnsMissing
from training.progress import counting


class Table(NamedTuple):
    """A table as read.

    Attributes:
        matrix: The model matrix, shape (n_rows, n_columns), in the file's order.
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
) -> Table:
    """Read the model's columns, and others beside them.

    Args:
        product: Whose columns; those that the model does not see are judged and not kept.
        path: csv, parquet or a folder of parquet parts.
        beside: Other columns wanted; those that are not there are left out.
        past: History columns that the table lacks, by name, in its order.

    Raises:
        DataUnreadable: It is no table.
        DataInvalid: Values break the declaration.
        ColumnsMissing: A declared column is not there.
    """
    names, past = column_names(path), past or {}
    unseen = [each.name for each in product.inputs if not each.model and each.name in names]
    features = [name for name in (*needed(product), *unseen) if name not in past]
    _check_columns(product, [*names, *past], path)
    beside = [name for name in beside if name in names]
    refusals = Refusals(path)
    chunks: list[Matrix] = []
    kept: list[pa.Table] = []
    for batch in _reported(path, {*features, *beside}):
        before = sum(len(each) for each in chunks)
        now = {name: values[before : before + batch.num_rows] for name, values in past.items()}
        read = _columns(product, batch, refusals, before)
        chunks.append(encode(product, now | read))
        kept.append(pa.Table.from_batches([batch.select(beside)]))
    refusals.check()
    whole = pa.concat_tables(kept, promote_options="permissive")
    others = {name: whole[name].combine_chunks() for name in beside}
    return Table(_joined(chunks), others)


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
        for batch in read_batches(path, only=only):
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


def _joined(chunks: list[Matrix]) -> Matrix:
    """Join the batches, giving each back as soon as it is copied, so that memory peaks once."""
    rows = sum(len(each) for each in chunks)
    whole = np.empty((rows, chunks[0].shape[1]), np.float32)
    chunks.reverse()
    start = 0
    while chunks:
        chunk = chunks.pop()
        whole[start : start + len(chunk)] = chunk
        start += len(chunk)
    return whole
