"""Score a file of any size: what can be scored into one file, what must be refused into another.

Only the command line imports this: pyarrow stays out of a serving worker.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa

from riskscore.decision.judgement import Judgement, explain, judge
from riskscore.errors import DataInvalid
from riskscore.model.bundle import Bundle
from riskscore.model.reasons import Reason
from riskscore.product.encode import complete
from riskscore.product.headers import found_instead
from riskscore.product.parsing import Refused, texts
from riskscore.product.past import Past, taken, unavailable
from riskscore.product.rows import Batch, read_batch
from riskscore.product.rules import OURS
from riskscore.product.spec import Product
from riskscore.product.tables import column_names, is_text, read_batches, writer

BATCH = 8_192  # rows scored at a time
SCORED = (
    ("score", pa.int64()),
    ("probability", pa.float64()),
    ("level", pa.string()),
    ("recommendation", pa.string()),
    ("coverage", pa.float64()),
    ("reasons", pa.string()),
    ("model", pa.string()),
)
REFUSED = pa.schema([("row", pa.int64()), ("reference", pa.string()), ("problem", pa.string())])


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


def score_portfolio(  # noqa: PLR0913 - keywords of one command
    bundle: Bundle,
    path: Path,
    out: Path,
    *,
    past: Past | None = None,
    reasons: bool = True,
    language: str = "en",
) -> Iterator[Tally]:
    """Score a file, batch by batch in bounded memory.

    Args:
        bundle: The model.
        path: csv, parquet, or a folder of parquet parts; one column per input and entity.
        out: csv or parquet by its suffix: reference (or row, from 1), score, probability, level,
            recommendation, coverage, reasons (JSON), model. What is refused stands beside it, in a
            file that is there only if something was.
        past: Of every row of the file; None where there is no store to ask.
        reasons: False leaves them empty and saves most of the time.
        language: Of the reason texts.

    Yields:
        The tally after each batch.

    Raises:
        DataUnreadable: It is no table.
        DataInvalid: A column that every row must have is absent.
    """
    _check_columns(bundle.product, column_names(path), path)
    key = _key(path)
    tally = Tally()
    with (
        writer(out, _scored_schema(key)) as write_scored,
        writer(refused_path(out), REFUSED) as write_refused,
    ):
        for rows in _batches(path, _wanted(bundle.product)):
            batch = read_batch(bundle.product, rows, text=is_text(path), timed=past is not None)
            keys = _keys(rows, batch, tally.rows)
            good = np.array([row not in batch.problems for row in range(rows.num_rows)])
            if good.any():
                columns = {name: each[good] for name, each in batch.columns.items()}
                seen = _past(bundle.product, batch, good, past, tally.rows)
                exact = complete(bundle.product, {**columns, **seen.values})
                judged = judge(bundle, exact, reasons=reasons)
                told = explain(bundle, judged, language) if reasons else None
                write_scored(_scored(judged, told, keys.filter(pa.array(good)), bundle, key))
            write_refused(_refused(batch, rows, tally.rows))
            tally.scored += int(good.sum())
            tally.refused += len(batch.problems)
            yield tally
    if not tally.refused:
        refused_path(out).unlink()


def _check_columns(product: Product, names: Sequence[str], path: Path) -> None:
    needed = [each.name for each in product.inputs if not each.missing]
    needed += [each.name for each in product.entities if each.required]
    absent = [name for name in needed if name not in names]
    if absent:
        raise DataInvalid(
            f"{path}: column {', '.join(absent)}: required by {product.name}, absent; "
            f"{found_instead(names, absent)}"
        )


def _wanted(product: Product) -> set[str]:
    columns = {each.name for each in (*product.inputs, *product.entities)}
    since = {f"{each.name}_since" for each in product.entities}
    return columns | since | {"reference", "occurred_at", "purpose"}


def _batches(path: Path, wanted: set[str]) -> Iterator[pa.RecordBatch]:
    for table in read_batches(path, only=wanted, rows=BATCH):
        for start in range(0, table.num_rows, BATCH):
            yield table.slice(start, BATCH)


def _past(product: Product, batch: Batch, good: Refused, past: Past | None, before: int) -> Past:
    """Take the past of a batch's rows, those left out that cannot be scored."""
    if past is not None:
        return taken(past, before + np.flatnonzero(good))
    return unavailable(product, {name: each[good] for name, each in batch.held.items()})


def _key(path: Path) -> pa.Field:
    """Choose what a row is known by: its reference, or its number where it has none."""
    if "reference" in column_names(path):
        return pa.field("reference", pa.string())
    return pa.field("row", pa.int64())


def _keys(rows: pa.RecordBatch, batch: Batch, before: int) -> pa.Array:
    if "reference" not in rows.schema.names:
        return pa.array(range(before + 1, before + rows.num_rows + 1), pa.int64())
    references = texts(rows["reference"])
    batch.refuse((row for row, each in enumerate(references) if not each), "reference: required")
    return pa.array(references, pa.string())


def _scored_schema(key: pa.Field) -> pa.Schema:
    return pa.schema([key, *SCORED])


def _scored(
    judged: Judgement,
    reasons: list[list[Reason]] | None,
    keys: pa.Array,
    bundle: Bundle,
    key: pa.Field,
) -> pa.RecordBatch:
    rows = len(judged.scores)
    columns = [
        keys,
        judged.scores,
        judged.probabilities,
        judged.levels,
        judged.recommendations,
        judged.coverage,
        [orjson.dumps(each).decode() for each in reasons] if reasons else [None] * rows,
        [bundle.version] * rows,
    ]
    schema = _scored_schema(key)
    arrays = [pa.array(each, kind) for each, kind in zip(columns, schema.types, strict=True)]
    return pa.record_batch(arrays, schema=schema)


def _refused(batch: Batch, rows: pa.RecordBatch, before: int) -> pa.RecordBatch:
    bad = sorted(batch.problems)
    known = texts(rows["reference"]) if "reference" in rows.schema.names else [None] * rows.num_rows
    columns = [
        [before + row + 1 for row in bad],
        [known[row] for row in bad],
        ["; ".join(batch.problems[row]) for row in bad],
    ]
    arrays = [pa.array(each, kind) for each, kind in zip(columns, REFUSED.types, strict=True)]
    return pa.record_batch(arrays, schema=REFUSED)
