"""A batch of a file's rows, read by the declaration; whatever breaks it is noted row by row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskscore.errors import DataInvalid
from riskscore.product.application import PURPOSES, REFERENCE, REFERENCE_RULE
from riskscore.product.identifiers import BadIdentifier, canonical
from riskscore.product.parsing import (
    Moments,
    empty_cells,
    parse_absent,
    parse_input,
    parse_moments,
    spelled_missing,
    text_column,
)
from riskscore.product.refusals import SPELLED
from riskscore.product.spec import Category, Entity, Flag, Format, Input, Integer, Product
from riskscore.product.spelling import spelled
from riskscore.product.values import Values, expected_in_file

WORDS = (
    ("reference", REFERENCE, REFERENCE_RULE),
    ("purpose", "|".join(PURPOSES), f"one of {', '.join(PURPOSES)}"),
)


@dataclass(slots=True)
class Batch:
    """What a batch's rows hold; a column that is not there is missing in every row.

    Attributes:
        columns: Input name -> values, shape (n_rows,).
        identifiers: Entity name -> canonical identifiers, null where missing or refused.
        since: Entity name -> when each identifier started afresh; only of columns that are there.
        occurred: When each row happened; None if there is no such column.
        words: ``reference`` and ``purpose`` -> texts, null where missing; only of columns that are
            there.
        problems: Bad row -> every field with what was expected of it; never its value.
    """

    rows: int
    columns: dict[str, Values] = field(default_factory=dict)
    identifiers: dict[str, pa.Array] = field(default_factory=dict)
    since: dict[str, Moments] = field(default_factory=dict)
    occurred: Moments | None = None
    words: dict[str, pa.Array] = field(default_factory=dict)
    problems: dict[int, list[str]] = field(default_factory=dict)

    @property
    def good(self) -> NDArray[np.bool_]:
        """Which rows can be scored, shape (n_rows,)."""
        good = np.ones(self.rows, bool)
        good[list(self.problems)] = False
        return good

    def refuse(self, rows: Iterable[int], problem: str) -> None:
        for row in rows:
            self.problems.setdefault(int(row), []).append(problem)


def read_batch(product: Product, rows: pa.RecordBatch, *, text: bool, timed: bool = False) -> Batch:
    """Read a batch.

    Args:
        product: The declaration.
        rows: As ``tables.read_batches`` gives them.
        text: Whether they come from a csv file.
        timed: Whether every row must say when it occurred.
    """
    batch = Batch(rows.num_rows)
    for each in product.inputs:
        batch.columns[each.name] = _values(each, rows, batch, text=text)
    for entity in product.entities:
        held = _read_identifiers(entity, rows, batch)
        _read_since(entity, rows, batch, held)
    _read_occurred(rows, batch, timed=timed)
    _read_words(rows, batch)
    return batch


def as_sent(feature: Input, values: Values) -> Sequence[Any]:
    """Turn encoded values into what a caller would have sent; None where missing."""
    known = [None if value != value else value for value in values.tolist()]  # noqa: PLR0124 - NaN
    match feature:
        case Category(values=spelling):
            return [None if each is None else spelling[int(each)] for each in known]
        case Flag():
            return [None if each is None else bool(each) for each in known]
        case Integer():
            return [None if each is None else int(each) for each in known]
        case _:
            return known


def _read_occurred(rows: pa.RecordBatch, batch: Batch, *, timed: bool) -> None:
    if "occurred_at" in rows.schema.names:
        batch.occurred = parse_moments(rows["occurred_at"])
        wrong = np.flatnonzero(batch.occurred.refused | (batch.occurred.missing & timed))
        batch.refuse(wrong, "occurred_at: expected a date or date-time")


def _read_since(
    entity: Entity, rows: pa.RecordBatch, batch: Batch, held: NDArray[np.bool_]
) -> None:
    name = f"{entity.name}_since"
    if name in rows.schema.names:
        moments = batch.since[entity.name] = parse_moments(rows[name])
        alone = ~moments.missing & ~held
        batch.refuse(np.flatnonzero(moments.refused), f"{name}: expected a date or date-time")
        batch.refuse(np.flatnonzero(alone), f"{name}: expected only beside {entity.name}")


def _read_words(rows: pa.RecordBatch, batch: Batch) -> None:
    """Judge references and purposes as those of a request; whether they are there, others ask."""
    for name, form, rule in WORDS:
        if name in rows.schema.names:
            words = batch.words[name] = _texts(name, rows)
            right = pc.match_substring_regex(words, rf"\A(?:{form})\z")
            wrong = pc.fill_null(pc.invert(right), fill_value=False)
            rows_wrong = np.flatnonzero(wrong.to_numpy(zero_copy_only=False))
            batch.refuse(rows_wrong, f"{name}: expected {rule}")


def _texts(name: str, rows: pa.RecordBatch) -> pa.Array:
    try:
        return text_column(rows[name])
    except DataInvalid as error:
        raise DataInvalid(f"column {name}: {error}") from error


def _values(feature: Input, rows: pa.RecordBatch, batch: Batch, *, text: bool) -> Values:
    """Read a column, and tell empty cells from wrong ones."""
    must = f"{feature.name}: expected {expected_in_file(feature)}"
    if feature.name not in rows.schema.names:
        parsed = parse_absent(feature, rows.num_rows)
        batch.refuse(np.flatnonzero(parsed.refused), f"{must}; is empty")
        return parsed.values
    cells = rows[feature.name]
    parsed = parse_input(feature, cells, text=text)
    if parsed.refused.any():
        empty, spelled_out = empty_cells(cells), spelled_missing(cells)
        batch.refuse(np.flatnonzero(parsed.refused & empty), f"{must}; is empty")
        batch.refuse(np.flatnonzero(parsed.refused & spelled_out), f"{must}; {SPELLED}")
        batch.refuse(np.flatnonzero(parsed.refused & ~empty & ~spelled_out), must)
    return parsed.values


def _read_identifiers(entity: Entity, rows: pa.RecordBatch, batch: Batch) -> NDArray[np.bool_]:
    """Read an entity's identifiers, and tell which rows have one."""
    if entity.name not in rows.schema.names:
        batch.identifiers[entity.name] = pa.nulls(rows.num_rows, pa.string())
        return np.zeros(rows.num_rows, bool)
    words = _texts(entity.name, rows)
    held: NDArray[np.bool_] = words.is_valid().to_numpy(zero_copy_only=False)
    read = spelled(words, entity.format)
    batch.identifiers[entity.name] = read.identifiers
    if entity.required:
        batch.refuse(np.flatnonzero(~held), f"{entity.name}: required")
    for row in np.flatnonzero(read.refused).tolist():
        batch.refuse([row], f"{entity.name}: {_fault(words[row].as_py(), entity.format)}")
    return held


def _fault(identifier: str, format_: Format) -> str:
    """Say why an identifier was refused."""
    try:
        canonical(identifier, format_)
    except BadIdentifier as error:
        return str(error)
    raise AssertionError("refused in a column, but not alone")
