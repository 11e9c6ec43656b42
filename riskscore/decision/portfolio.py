"""Score a file of any size: what can be scored into one file, what must be refused into another.

Only the command line imports this: pyarrow stays out of a serving worker.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa

from riskscore.decision.scoring import Assessment, assess
from riskscore.errors import DataInvalid
from riskscore.model.bundle import Bundle
from riskscore.product.parsing import texts
from riskscore.product.past import unavailable
from riskscore.product.rows import Batch, read_batch
from riskscore.product.rules import OURS
from riskscore.product.spec import Product
from riskscore.product.tables import column_names, is_text, read_batches, writer

BATCH = 8_192  # rows scored at a time


@dataclass(slots=True)
class Tally:
    """How far a portfolio is."""

    scored: int = 0
    refused: int = 0

    @property
    def rows(self) -> int:
        return self.scored + self.refused


def ignored(product: Product, path: Path) -> list[str]:
    """List the columns of a file that its product does not declare."""
    declared = {each.name for each in (*product.inputs, *product.entities)}
    declared |= {f"{each.name}_since" for each in product.entities}
    return [name for name in column_names(path) if name not in declared and name not in OURS]


def refused_path(out: Path) -> Path:
    """Say where the rows that could not be scored go: beside the others, always csv."""
    return out.with_name(f"{out.stem}.refused.csv")


def score_portfolio(
    bundle: Bundle, path: Path, out: Path, *, explain: bool = True, language: str = "en"
) -> Iterator[Tally]:
    """Score a file, batch by batch in bounded memory.

    Args:
        bundle: The model.
        path: csv, parquet, or a folder of parquet parts; one column per input and entity.
        out: csv or parquet by its suffix: reference (or row, from 1), score, probability, level,
            recommendation, coverage, reasons (JSON), model.
        explain: False leaves the reasons empty and saves most of the time.
        language: Of the reason texts.

    Yields:
        The tally after each batch.

    Raises:
        DataUnreadable: It is no table.
        DataInvalid: A column that every row must have is absent.
    """
    names = column_names(path)
    _check_columns(bundle.product, names, path)
    key = (
        pa.field("reference", pa.string()) if "reference" in names else pa.field("row", pa.int64())
    )
    tally = Tally()
    with (
        writer(out, _schema(key)) as scored,
        writer(refused_path(out), _refused_schema()) as refused,
    ):
        for table in read_batches(path, only=_wanted(bundle.product), rows=BATCH):
            for rows in _slices(table):
                batch = read_batch(bundle.product, rows, text=is_text(path))
                good = np.array([row not in batch.problems for row in range(rows.num_rows)])
                keys = _keys(rows, tally.rows)
                refused(_refused(batch, rows, tally.rows))
                if good.any():
                    found = _assess(bundle, batch, good, explain=explain, language=language)
                    scored(_scored(found, keys.filter(pa.array(good)), bundle, key))
                tally.scored += int(good.sum())
                tally.refused += len(batch.problems)
                yield tally


def _check_columns(product: Product, names: Sequence[str], path: Path) -> None:
    needed = [each.name for each in product.inputs if not each.missing]
    needed += [each.name for each in product.entities if each.required]
    absent = [name for name in needed if name not in names]
    if absent:
        raise DataInvalid(f"{path}: column {', '.join(absent)}: required by {product.name}, absent")


def _wanted(product: Product) -> set[str]:
    columns = {each.name for each in (*product.inputs, *product.entities)}
    return columns | {"reference", "occurred_at"}


def _slices(table: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    for start in range(0, table.num_rows, BATCH):
        yield table.slice(start, BATCH)


def _assess(
    bundle: Bundle, batch: Batch, good: np.ndarray, *, explain: bool, language: str
) -> list[Assessment]:
    columns = {name: each[good] for name, each in batch.columns.items()}
    held = {name: each[good] for name, each in batch.held.items()}
    past = unavailable(bundle.product, held)
    return assess(bundle, columns, past, explain=explain, language=language)


def _keys(rows: pa.RecordBatch, before: int) -> pa.Array:
    if "reference" in rows.schema.names:
        return pa.array(texts(rows["reference"]), pa.string())
    return pa.array(range(before + 1, before + rows.num_rows + 1), pa.int64())


def _schema(key: pa.Field) -> pa.Schema:
    return pa.schema(
        [
            key,
            ("score", pa.int64()),
            ("probability", pa.float64()),
            ("level", pa.string()),
            ("recommendation", pa.string()),
            ("coverage", pa.float64()),
            ("reasons", pa.string()),
            ("model", pa.string()),
        ]
    )


def _scored(
    found: list[Assessment], keys: pa.Array, bundle: Bundle, key: pa.Field
) -> pa.RecordBatch:
    columns = [
        keys,
        [each.score for each in found],
        [each.probability for each in found],
        [each.level for each in found],
        [each.recommendation for each in found],
        [each.coverage for each in found],
        [orjson.dumps(each.reasons).decode() for each in found],
        [bundle.version] * len(found),
    ]
    schema = _schema(key)
    arrays = [pa.array(each, kind) for each, kind in zip(columns, schema.types, strict=True)]
    return pa.record_batch(arrays, schema=schema)


def _refused_schema() -> pa.Schema:
    return pa.schema([("row", pa.int64()), ("reference", pa.string()), ("problem", pa.string())])


def _refused(batch: Batch, rows: pa.RecordBatch, before: int) -> pa.RecordBatch:
    bad = sorted(batch.problems)
    known = texts(rows["reference"]) if "reference" in rows.schema.names else [None] * rows.num_rows
    return pa.record_batch(
        [
            pa.array([before + row + 1 for row in bad], pa.int64()),
            pa.array([known[row] for row in bad], pa.string()),
            pa.array(["; ".join(batch.problems[row]) for row in bad], pa.string()),
        ],
        schema=_refused_schema(),
    )
