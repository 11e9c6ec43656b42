"""Set rows aside before anything is learned, in a file of their own."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskscore.product.parsing import parse_input, parse_quantity
from riskscore.product.spec import Flag, Integer, Number, Product
from riskscore.product.tables import is_text, read_batches, writer
from training import upstream
from training.datasets import Dataset
from training.splits import hold_out

LABEL = "label"


class Holdout(NamedTuple):
    """What share of the rows to set aside, and where: csv or parquet, by the suffix."""

    share: float
    out: Path


def set_aside(dataset: Dataset, holdout: Holdout, *, seed: int) -> Dataset:
    """Write the latest rows (or a stratified share) to a file and return the others.

    The file has every column of the original, so that it can be scored and evaluated; for an
    event folder the label is added.

    Raises:
        TooFewRows: One part would have only one label.
    """
    kept, held = hold_out(dataset, holdout.share, seed=seed)
    write_rows(dataset.take(held), holdout.out)
    return dataset.take(kept)


def write_rows(rows: Dataset, out: Path) -> None:
    """Write the rows of a dataset as a labelled table, with the history they were given.

    A parquet file also says whose scores are in it.
    """
    batches = _held_batches(rows, out)
    first = next(batches)
    schema = first.schema.with_metadata(upstream.as_metadata(rows.upstreams))
    with writer(out, schema) as write:
        for batch in chain([first], batches):
            write(batch.cast(schema))


def _held_batches(held: Dataset, out: Path) -> Iterator[pa.RecordBatch]:
    labels = np.full(int(held.rows.max()) + 1, -1, np.int8)
    labels[held.rows] = held.labels
    before = 0
    for batch in read_batches(held.file):
        ours = labels[before : before + batch.num_rows]
        before += batch.num_rows
        if (ours >= 0).any():
            yield _written(batch, ours, held, out, before=before - batch.num_rows)


def _written(
    batch: pa.RecordBatch, labels: NDArray[np.int8], held: Dataset, out: Path, *, before: int
) -> pa.RecordBatch:
    mask = np.zeros(batch.num_rows, bool)
    mask[: len(labels)] = labels >= 0
    rows = batch.filter(pa.array(mask))
    for name, values in held.past.items():
        ours = values[before : before + batch.num_rows][mask]
        rows = _with(rows, name, pa.array(ours, from_pandas=True))
    if held.as_of is not None:
        rows = _with(rows, LABEL, pa.array(labels[labels >= 0]))
    if is_text(held.file) and not is_text(out):
        rows = typed(rows, held.product, held.label)
    return plain(rows)


def typed(rows: pa.RecordBatch, product: Product, label: str) -> pa.RecordBatch:
    """Give the text of a csv file the types that a parquet file needs."""
    for each in product.inputs:
        if each.name in rows.schema.names and isinstance(each, Number | Integer | Flag):
            values = parse_input(each, rows[each.name], text=True).values
            kind = pa.bool_() if isinstance(each, Flag) else pa.float64()
            rows = _with(rows, each.name, pa.array(values, from_pandas=True).cast(kind))
    for name in [label, *(each.name for each in product.history)]:
        if name in rows.schema.names:
            values = parse_quantity(rows[name], text=True).values
            rows = _with(rows, name, pa.array(values, from_pandas=True))
    return rows


def plain(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Write out words that are kept as codes, which csv files do not know."""
    for field in rows.schema:
        if pa.types.is_dictionary(field.type):
            rows = _with(rows, field.name, rows[field.name].dictionary_decode())
    return rows


def _with(rows: pa.RecordBatch, name: str, column: pa.Array) -> pa.RecordBatch:
    if name not in rows.schema.names:
        return rows.append_column(name, column)
    return rows.set_column(rows.schema.get_field_index(name), name, column)
