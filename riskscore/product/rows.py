"""A batch of a file's rows, read by the declaration; whatever breaks it is noted row by row."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

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
    for name in ("occurred_at", *(f"{each.name}_since" for each in product.entities)):
        if name in rows.schema.names:
            moments = parse_moments(rows[name])
            missing = moments.missing & timed & (name == "occurred_at")
            wrong = np.flatnonzero(moments.refused | missing)
            batch.refuse(wrong, f"{name}: expected a date or date-time")
    return batch


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
    identifiers = texts(rows[entity.name])
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
