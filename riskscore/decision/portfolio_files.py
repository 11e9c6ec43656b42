"""The files of a portfolio: what is read of it, what is written about it, and what is refused."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from riskscore.errors import DataInvalid
from riskscore.model.by_group import TakenBy
from riskscore.model.reasons import Reason
from riskscore.model.scale import LEVELS, RECOMMENDATIONS
from riskscore.product.headers import found_instead
from riskscore.product.rows import Batch, read_batch
from riskscore.product.rules import OURS
from riskscore.product.spec import Product
from riskscore.product.tables import column_names, read_batches, writer
from riskscore.product.values import Values

REFERENCE, ROW = pa.field("reference", pa.string()), pa.field("row", pa.int64())
SCORED = (
    ("score", pa.int64()),
    ("probability", pa.float64()),
    ("level", pa.string()),
    ("recommendation", pa.string()),
    ("coverage", pa.float64()),
    ("reasons", pa.string()),
    ("model", pa.string()),
)
THRESHOLDS = pa.field("thresholds", pa.string())
DECISION_ID = pa.field("decision_id", pa.string())
REFUSED = pa.schema([ROW, REFERENCE, ("problem", pa.string())])

Write = Callable[[pa.RecordBatch | None, pa.RecordBatch], None]


class Rows(NamedTuple):
    """Some rows of a file, as they stand there; ``before`` were read earlier."""

    before: int
    table: pa.RecordBatch


class Part(NamedTuple):
    """The same rows, judged, and what they are known by."""

    before: int
    batch: Batch
    keys: pa.Array


class Answers(NamedTuple):
    """What is said about some rows, column by column.

    Attributes:
        levels: Places in ``LEVELS``.
        recommendations: Places in ``RECOMMENDATIONS``.
        reasons: None where nobody asked.
        thresholds: Those each was taken by; None where all go by the common ones.
    """

    scores: NDArray[np.int64]
    probabilities: Values
    levels: NDArray[np.int64]
    recommendations: NDArray[np.int64]
    coverage: Values
    reasons: Sequence[Sequence[Reason]] | None
    thresholds: Sequence[TakenBy | None] | None


def ignored(product: Product, path: Path) -> list[str]:
    """List the columns of a file that its product does not declare."""
    declared = {each.name for each in (*product.inputs, *product.entities)}
    declared |= {f"{each.name}_since" for each in product.entities}
    return [name for name in column_names(path) if name not in declared and name not in OURS]


def refused_path(out: Path) -> Path:
    """Say where the rows that could not be scored go: beside the others, always csv."""
    return out.with_name(f"{out.stem}.refused.csv")


def check_columns(product: Product, path: Path) -> None:
    """Refuse a file in which a column is absent that every row must have.

    Raises:
        DataUnreadable: It is no table.
        DataInvalid: Names what is absent.
    """
    names = column_names(path)
    needed = [each.name for each in product.inputs if not each.missing]
    needed += [each.name for each in product.entities if each.required]
    absent = [name for name in needed if name not in names]
    if absent:
        raise DataInvalid(
            f"{path}: column {', '.join(absent)}: required by {product.name}, absent; "
            f"{found_instead(names, absent)}"
        )


def read_rows(product: Product, path: Path, *, rows: int) -> Iterator[Rows]:
    """Read a file, so many rows at a time.

    Raises:
        DataUnreadable: It is no table, or damaged.
    """
    before = 0
    for table in read_batches(path, only=wanted(product), rows=rows):
        for start in range(0, table.num_rows, rows):
            some = table.slice(start, rows)
            yield Rows(before, some)
            before += some.num_rows


def judge_rows(product: Product, rows: Rows, *, text: bool, timed: bool = False) -> Part:
    """Judge rows by the declaration; arguments as of ``read_batch``."""
    batch = read_batch(product, rows.table, text=text, timed=timed)
    return Part(rows.before, batch, _keys(batch, rows.before))


def wanted(product: Product) -> set[str]:
    """Name the columns that a portfolio is scored by and known by."""
    columns = {each.name for each in (*product.inputs, *product.entities)}
    since = {f"{each.name}_since" for each in product.entities}
    return columns | since | {"reference", "occurred_at", "purpose"}


def _keys(batch: Batch, before: int) -> pa.Array:
    """Give what rows are known by: their reference, or their number if the file has none."""
    if "reference" not in batch.words:
        return pa.array(np.arange(before + 1, before + batch.rows + 1))
    references = batch.words["reference"]
    nameless = np.flatnonzero(references.is_null().to_numpy(zero_copy_only=False))
    batch.refuse(nameless, "reference: required")
    return references


@contextmanager
def writers(path: Path, out: Path, *, grouped: bool, recorded: bool = False) -> Iterator[Write]:
    """Open the output and, beside it, the file of what is refused; that goes if it stays empty.

    Args:
        path: The file that is scored.
        out: csv or parquet by its suffix.
        grouped: Whether it is told which thresholds each row was taken by.
        recorded: Whether decisions are recorded; then their ids are written, and what was written
            before an error stays.
    """
    refused = 0
    with (
        writer(
            out, _schema(path, grouped=grouped, recorded=recorded), kept=recorded
        ) as write_scored,
        writer(refused_path(out), REFUSED, kept=recorded) as write_refused,
    ):

        def write(scored: pa.RecordBatch | None, left: pa.RecordBatch) -> None:
            nonlocal refused
            if scored is not None:
                write_scored(scored)
            write_refused(left)
            refused += left.num_rows

        yield write
    if not refused:
        refused_path(out).unlink()


def _schema(path: Path, *, grouped: bool, recorded: bool) -> pa.Schema:
    key = REFERENCE if "reference" in column_names(path) else ROW
    more = [(THRESHOLDS, grouped), (DECISION_ID, recorded)]
    return pa.schema([key, *SCORED, *(field for field, wanted in more if wanted)])


def scored_rows(
    keys: pa.Array, answers: Answers, version: str, decision_ids: Sequence[str | None] | None = None
) -> pa.RecordBatch:
    """Put answers into the columns of the output."""
    rows = len(answers.scores)
    columns = {
        "score": pa.array(answers.scores),
        "probability": pa.array(answers.probabilities),
        "level": pa.array(LEVELS).take(pa.array(answers.levels)),
        "recommendation": pa.array(RECOMMENDATIONS).take(pa.array(answers.recommendations)),
        "coverage": pa.array(answers.coverage),
        "reasons": _written(answers.reasons, rows),
        "model": pa.repeat(version, rows),
    }
    key = REFERENCE if pa.types.is_string(keys.type) else ROW
    columns = {key.name: keys} | columns
    if answers.thresholds is not None:
        columns["thresholds"] = _taken_by(answers.thresholds)
    if decision_ids is not None:
        columns["decision_id"] = pa.array(decision_ids, pa.string())
    return pa.record_batch(columns)


def _written(reasons: Sequence[Sequence[Reason]] | None, rows: int) -> pa.Array:
    if reasons is None:
        return pa.nulls(rows, pa.string())
    return pa.array([orjson.dumps(each).decode() for each in reasons], pa.string())


def _taken_by(thresholds: Sequence[TakenBy | None]) -> pa.Array:
    told = {each: orjson.dumps(each).decode() for each in set(thresholds)}
    return pa.array([told[each] for each in thresholds], pa.string())


def refused_rows(part: Part, *, until: int | None = None) -> pa.RecordBatch:
    """Name the rows of a part, or of its first so many, that were refused, with every reason."""
    batch = part.batch
    bad = sorted(row for row in batch.problems if until is None or row < until)
    known = batch.words.get("reference", pa.nulls(batch.rows, pa.string()))
    columns = [
        pa.array([part.before + row + 1 for row in bad], pa.int64()),
        known.take(pa.array(bad, pa.int64())),
        pa.array(["; ".join(batch.problems[row]) for row in bad], pa.string()),
    ]
    return pa.record_batch(columns, schema=REFUSED)
