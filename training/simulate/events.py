"""The event folder: what happened, as files.

``<product>.parquet`` for each product, ``outcomes.parquet``, and the truth apart from both in
``truth.parquet``. Rows stand in order of receipt.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from riskscore.product.spec import Category, Flag, Input, Integer, Number
from training.simulate import identifiers, sensors
from training.simulate.acts import ROLES
from training.simulate.arrays import NEVER, Array, Flags, Floats, Ints, Moments
from training.simulate.country import Country
from training.simulate.labels import REASONS, SOURCE_OF_REASON, SOURCES, STATUSES
from training.simulate.records import PURPOSES, Events

TIME = pa.timestamp("us", tz="UTC")


def tables(country: Country) -> dict[str, pa.Table]:
    """Spell everything out, one table per file."""
    references = product_references(country)
    entities = spelled_entities(country)
    result = {
        each.case.product: applications(
            each, references[each.case.product], entities[each.case.product]
        )
        for each in country.events
    }
    result["outcomes"] = pa.concat_tables(
        [outcomes(each, references[each.case.product]) for each in country.events]
    ).sort_by([("received_at", "ascending"), ("reference", "ascending")])
    result["truth"] = pa.concat_tables(
        [truth(each, references[each.case.product]) for each in country.events]
    )
    return result


def write(spelled: Mapping[str, pa.Table], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in spelled.items():
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")


def product_references(country: Country) -> dict[str, pa.Array]:
    first, result = 0, {}
    for each in country.events:
        count = len(each.case.at)
        result[each.case.product] = identifiers.references(first, count, country.key)
        first += count
    return result


def spelled_entities(country: Country) -> dict[str, dict[str, pa.Array]]:
    """Spell each entity alike in all products that have it."""
    result: dict[str, dict[str, pa.Array]] = {each.case.product: {} for each in country.events}
    for name in sorted({name for each in country.events for name in each.entities}):
        having = [each for each in country.events if name in each.entities]
        columns = identifiers.written(
            name, [each.entities[name] for each in having], country.stage.people, country.key
        )
        for each, column in zip(having, columns, strict=True):
            result[each.case.product][name] = column
    return result


def applications(events: Events, references: pa.Array, entities: dict[str, pa.Array]) -> pa.Table:
    row = events.receipts.row
    columns = {
        "reference": references.take(pa.array(row)),
        "occurred_at": moments(events.case.at[row]),
        "received_at": moments(events.receipts.received_at),
        "tenant": words(events.case.tenants, events.case.tenant[row]),
        "purpose": words(PURPOSES, events.case.purpose[row]),
    }
    columns |= {name: column.take(pa.array(row)) for name, column in entities.items()}
    columns["msisdn_since"] = moments(events.case.number_since[row])
    columns |= {
        each.name: column(each, events.readings[each.name][row])
        for each in sensors.inputs(events.case.product)
    }
    return pa.table(columns)


def column(declared: Input, seen: Floats) -> pa.Array:
    gone = np.isnan(seen)
    match declared:
        case Category(values=values):
            return words(values, np.where(gone, -1, seen).astype(np.int64))
        case Flag():
            return pa.array(seen > 0, mask=gone)
        case Integer():
            return pa.array(np.where(gone, 0, seen).astype(np.int64), mask=gone)
        case Number():
            return pa.array(seen, mask=gone)


def words(spelling: Iterable[str], places: Ints) -> pa.Array:
    """Spell places out; a negative place is missing."""
    return pa.array(list(spelling), pa.string()).take(pa.array(places, mask=places < 0))


def moments(at: Moments, known: Flags | None = None) -> pa.Array:
    gone = at == NEVER if known is None else ~known
    return pa.array(at, pa.int64(), mask=gone).cast(TIME)


def outcomes(events: Events, references: pa.Array) -> pa.Table:
    found = events.outcomes
    count = len(found)
    received: Array = found.known_at + 3_600_000_000  # an hour until the desk sends it on
    return pa.table(
        {
            "product": pa.array([events.case.product] * count, pa.string()),
            "reference": references.take(pa.array(found.row)),
            "status": words(STATUSES, found.status),
            "label": pa.array(
                np.nan_to_num(found.label).astype(np.int64), mask=np.isnan(found.label)
            ),
            "role": words(ROLES, found.role),
            "source": words(SOURCES, SOURCE_OF_REASON[found.reason]),
            "known_at": moments(found.known_at),
            "received_at": moments(received),
            "tenant": words(events.case.tenants, events.case.tenant[found.row]),
            "amount": pa.array(found.amount, mask=np.isnan(found.amount)),
            "fraud_from": moments(found.fraud_from),
            "looked_because": words(REASONS, found.reason),
        }
    )


def truth(events: Events, references: pa.Array) -> pa.Table:
    """Say what was what, in the order of receipt of what was said first."""
    first = np.unique(events.receipts.row, return_index=True)[1]
    row = events.receipts.row[np.sort(first)]
    fraud = events.case.fraud[row]
    return pa.table(
        {
            "product": pa.array([events.case.product] * len(row), pa.string()),
            "reference": references.take(pa.array(row)),
            "label": pa.array(fraud.astype(np.int64)),
            "role": words(ROLES, np.where(fraud, events.case.acts.role[row], -1)),
        }
    )
