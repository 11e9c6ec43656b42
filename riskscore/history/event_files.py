"""An event folder as the import reads it: row by row, in order of receipt.

``<product>.parquet`` holds the applications of a product, ``outcomes.parquet`` the outcomes of all.
Tenant ``default``, purpose ``onboard`` and receipt at the event's own time stand for what is not
there. What breaks the declaration refuses the folder, with file, row and column.
"""

import heapq
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from riskscore.errors import DataInvalid, DataUnreadable
from riskscore.product.application import COUNTED, TENANT, TENANT_NAME, TENANT_RULE, Purpose
from riskscore.product.identifiers import canonical
from riskscore.product.outcome import LABELS
from riskscore.product.parsing import parse_moments, parse_quantity, texts
from riskscore.product.rows import as_sent, read_batch
from riskscore.product.spec import Product

OUTCOMES = "outcomes"
PURPOSES = frozenset(get_args(Purpose))
OURS = ("reference", "tenant", "purpose", "score", "occurred_at", "received_at")
PART = 1_000  # rows taken in together
MOMENTS = ("known_at", "received_at", "fraud_from")
WORDS = ("role", "source", "looked_because")

Ints = NDArray[np.int64]
T = TypeVar("T")


class Happened(NamedTuple):
    """An application of a file."""

    product: str
    tenant: str
    reference: str
    counts: bool
    occurred: int
    received: int
    score: int | None
    entities: Mapping[str, str]
    features: Mapping[str, Any]


class FoundOut(NamedTuple):
    """An outcome of a file; ``said`` holds the columns of its row in the store."""

    product: str
    tenant: str
    reference: str
    said: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFolder:
    """A folder, and the declarations of the products in it."""

    path: Path
    products: Mapping[str, Product]

    def applications(self) -> Iterator[list[Happened]]:
        """Read the applications of all products, in order of receipt, part by part.

        Raises:
            DataUnreadable: A file is no table.
            DataInvalid: A row breaks its declaration, or a column that must be there is not.
        """
        files = [self.of_product(product) for product in self.products.values()]
        merged = heapq.merge(*files, key=lambda each: (each.received, each.product))
        yield from parts(merged)

    def of_product(self, product: Product) -> Iterator[Happened]:
        path = self.path / f"{product.name}.parquet"
        inputs = {each.name for each in (*product.inputs, *product.entities)}
        table = read_table(path, {*OURS, *inputs}, required={"reference", "occurred_at"})
        occurred = moments(table, "occurred_at", path)
        received = moments(table, "received_at", path, default=occurred)
        order = np.argsort(received, kind="stable")
        for start in range(0, len(order), PART):
            places = order[start : start + PART]
            rows = table.take(places).combine_chunks().to_batches()[0]
            yield from happened(product, rows, occurred[places], received[places], path)

    def outcomes(self) -> Iterator[list[FoundOut]]:
        """Read the outcomes in order of receipt, part by part; none if there is no file.

        Raises:
            DataUnreadable, DataInvalid: As ``applications``.
        """
        path = self.path / f"{OUTCOMES}.parquet"
        if not path.exists():
            return
        wanted = {"product", "reference", "tenant", "status", "amount", *WORDS, *MOMENTS}
        needed = {"product", "reference", "status", "known_at"}
        table = read_table(path, wanted, required=needed)
        known = moments(table, "known_at", path)
        received = moments(table, "received_at", path, default=known)
        order = np.argsort(received, kind="stable")
        for start in range(0, len(order), PART):
            places = order[start : start + PART]
            rows = table.take(places).combine_chunks().to_batches()[0]
            yield list(found_out(rows, known[places], received[places], path))


def parts(rows: Iterator[T]) -> Iterator[list[T]]:
    while part := list(islice(rows, PART)):
        yield part


def read_table(path: Path, wanted: set[str], *, required: set[str]) -> pa.Table:
    try:
        names = set(pq.read_schema(path).names)
        if absent := required - names:
            raise DataInvalid(f"{path}: column {', '.join(sorted(absent))}: required, absent")
        return pq.read_table(path, columns=sorted(wanted & names))
    except (pa.ArrowInvalid, OSError) as error:
        reason = getattr(error, "strerror", None) or "not a parquet file"
        raise DataUnreadable(f"{path}: {reason}") from error


def moments(table: pa.Table, name: str, path: Path, *, default: Ints | None = None) -> Ints:
    """Read a column of moments; those that are missing are the default's."""
    if name not in table.column_names:
        if default is None:
            raise DataInvalid(f"{path}: column {name}: required, absent")
        return default
    read = parse_moments(table[name].combine_chunks())
    bad = read.refused if default is not None else read.refused | read.missing
    refuse(bad, path, f"column {name}: expected a date or date-time")
    return read.moments if default is None else np.where(read.missing, default, read.moments)


def refuse(bad: NDArray[np.bool_], path: Path, what: str) -> None:
    if bad.any():
        raise DataInvalid(f"{path}: {what}; {bad.sum()} rows are not")


def words(rows: pa.RecordBatch, name: str, default: str | None = None) -> list[str | None]:
    if name not in rows.schema.names:
        return [default] * rows.num_rows
    return [each or default for each in texts(rows[name])]


def tenants_of(rows: pa.RecordBatch, path: Path) -> list[str]:
    tenants = [str(each) for each in words(rows, "tenant", TENANT)]
    if not all(re.fullmatch(TENANT_NAME, each, re.ASCII) for each in set(tenants)):
        raise DataInvalid(f"{path}: column tenant: expected {TENANT_RULE}")
    return tenants


def happened(
    product: Product, rows: pa.RecordBatch, occurred: Ints, received: Ints, path: Path
) -> Iterator[Happened]:
    batch = read_batch(product, rows, text=False)
    references = words(rows, "reference")
    if batch.problems or None in references:
        first = min(batch.problems, default=references.index(None) if None in references else 0)
        problem = batch.problems.get(first, ["reference: required"])[0]
        raise DataInvalid(f"{path}: of an application of {product.name}: {problem}")
    columns = {each.name: as_sent(each, batch.columns[each.name]) for each in product.inputs}
    identifiers = {each.name: words(rows, each.name) for each in product.entities}
    formats = {each.name: each.format for each in product.entities}
    tenants, purposes = tenants_of(rows, path), words(rows, "purpose", "onboard")
    if set(purposes) - PURPOSES:
        raise DataInvalid(f"{path}: purpose: expected one of {', '.join(sorted(PURPOSES))}")
    scores = [None if each is None else round(each) for each in quantities(rows, "score")]
    for row in range(rows.num_rows):
        yield Happened(
            product=product.name,
            tenant=tenants[row],
            reference=str(references[row]),
            counts=purposes[row] in COUNTED,
            occurred=int(occurred[row]),
            received=int(received[row]),
            score=scores[row],
            entities={
                name: canonical(str(each[row]), formats[name])
                for name, each in identifiers.items()
                if each[row] is not None
            },
            features={name: each[row] for name, each in columns.items() if each[row] is not None},
        )


def quantities(rows: pa.RecordBatch, name: str) -> list[float | None]:
    if name not in rows.schema.names:
        return [None] * rows.num_rows
    read = parse_quantity(rows[name], text=False).values.tolist()
    return [None if value != value else value for value in read]  # noqa: PLR0124 - NaN


def found_out(rows: pa.RecordBatch, known: Ints, received: Ints, path: Path) -> Iterator[FoundOut]:
    names = {name: words(rows, name) for name in ("product", "reference", *WORDS)}
    statuses = words(rows, "status", "")
    tenants, amounts = tenants_of(rows, path), quantities(rows, "amount")
    began = parse_moments(rows["fraud_from"]) if "fraud_from" in rows.schema.names else None
    for row in range(rows.num_rows):
        status = str(statuses[row])
        if status not in LABELS or names["reference"][row] is None:
            raise DataInvalid(f"{path}: status: expected one of {', '.join(LABELS)}, by reference")
        said = {
            "status": status,
            "label": LABELS[status],
            "role": names["role"][row],
            "source": names["source"][row] or "reported",
            "known_at": int(known[row]),
            "fraud_from": int(began.moments[row]) if began and not began.missing[row] else None,
            "amount": amounts[row],
            "looked_because": names["looked_because"][row],
            "received_at": int(received[row]),
        }
        yield FoundOut(str(names["product"][row]), tenants[row], str(names["reference"][row]), said)
