"""A batch of a file's rows, read by the declaration; whatever breaks it is noted row by row."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskscore.errors import DataInvalid
from riskscore.product.application import PURPOSES, REFERENCE, REFERENCE_RULE
from riskscore.product.identifiers import BadIdentifier, canonical
from riskscore.product.parsing import (
    empty_cells,
    parse_absent,
    parse_input,
    parse_moments,
    spelled_missing,
    texts,
)
from riskscore.product.refusals import SPELLED
from riskscore.product.spec import Entity, Input, Product
from riskscore.product.values import Values, expected_in_file

WORDS = (
    ("reference", re.compile(REFERENCE), REFERENCE_RULE),
    ("purpose", re.compile("|".join(PURPOSES)), f"one of {', '.join(PURPOSES)}"),
)


@dataclass(slots=True)
class Batch:
    """What a batch's rows hold.

    Attributes:
        columns: Input name -> values, shape (n_rows,).
        held: Entity name -> whether each row has that identifier.
        problems: Bad row -> every field with what was expected of it; never its value.
    """

    columns: dict[str, Values] = field(default_factory=dict)
    held: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    problems: dict[int, list[str]] = field(default_factory=dict)

    def refuse(self, rows: Iterable[int], problem: str) -> None:
        for row in rows:
            self.problems.setdefault(int(row), []).append(problem)


def read_batch(product: Product, rows: pa.RecordBatch, *, text: bool, timed: bool = False) -> Batch:
    """Read a batch; columns that are not there are missing in every row.

    Args:
        product: The declaration.
        rows: As ``tables.read_batches`` gives them.
        text: Whether they come from a csv file.
        timed: Whether every row must say when it occurred.
    """
    batch = Batch()
    for each in product.inputs:
        batch.columns[each.name] = _values(each, rows, batch, text=text)
    for entity in product.entities:
        batch.held[entity.name] = _held(entity, rows, batch)
        _check_since(entity, rows, batch)
    _check_occurred(rows, batch, timed=timed)
    _check_words(rows, batch)
    return batch


def _check_occurred(rows: pa.RecordBatch, batch: Batch, *, timed: bool) -> None:
    if "occurred_at" in rows.schema.names:
        moments = parse_moments(rows["occurred_at"])
        wrong = np.flatnonzero(moments.refused | (moments.missing & timed))
        batch.refuse(wrong, "occurred_at: expected a date or date-time")


def _check_since(entity: Entity, rows: pa.RecordBatch, batch: Batch) -> None:
    name = f"{entity.name}_since"
    if name in rows.schema.names:
        moments = parse_moments(rows[name])
        alone = ~moments.missing & ~batch.held[entity.name]
        batch.refuse(np.flatnonzero(moments.refused), f"{name}: expected a date or date-time")
        batch.refuse(np.flatnonzero(alone), f"{name}: expected only beside {entity.name}")


def _check_words(rows: pa.RecordBatch, batch: Batch) -> None:
    """Judge references and purposes as those of a request; whether they are there, others ask."""
    for name, form, rule in WORDS:
        words = _texts(name, rows) if name in rows.schema.names else []
        wrong = [row for row, word in enumerate(words) if word and not form.fullmatch(word)]
        batch.refuse(wrong, f"{name}: expected {rule}")


def _texts(name: str, rows: pa.RecordBatch) -> list[str | None]:
    try:
        return texts(rows[name])
    except DataInvalid as error:
        raise DataInvalid(f"column {name}: {error}") from error


def _values(feature: Input, rows: pa.RecordBatch, batch: Batch, *, text: bool) -> Values:
    """Read a column, and tell empty cells from wrong ones."""
    if feature.name not in rows.schema.names:
        parsed, empty = parse_absent(feature, rows.num_rows), np.ones(rows.num_rows, bool)
        spelled = ~empty
    else:
        cells = rows[feature.name]
        parsed = parse_input(feature, cells, text=text)
        empty, spelled = empty_cells(cells), spelled_missing(cells)
    must = f"{feature.name}: expected {expected_in_file(feature)}"
    batch.refuse(np.flatnonzero(parsed.refused & empty), f"{must}; is empty")
    batch.refuse(np.flatnonzero(parsed.refused & spelled), f"{must}; {SPELLED}")
    batch.refuse(np.flatnonzero(parsed.refused & ~empty & ~spelled), must)
    return parsed.values


def _held(entity: Entity, rows: pa.RecordBatch, batch: Batch) -> NDArray[np.bool_]:
    if entity.name not in rows.schema.names:
        return np.zeros(rows.num_rows, bool)
    identifiers = _texts(entity.name, rows)
    for row, identifier in enumerate(identifiers):
        if identifier is None:
            if entity.required:
                batch.refuse([row], f"{entity.name}: required")
            continue
        try:
            canonical(identifier, entity.format)
        except BadIdentifier as error:
            batch.refuse([row], f"{entity.name}: {error}")
    return np.array([each is not None for each in identifiers])
