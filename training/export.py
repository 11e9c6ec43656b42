"""Retrain from what the service saw: the values that were served and what was found out later.

The event folder written has every history column as it was served, so no fit computes it again.
Identifiers stay in the store; ``reference`` alone leads back to it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Row, Select, select
from sqlalchemy.exc import DBAPIError

from riskscore.errors import RequestError
from riskscore.history.engine import file_of, is_sqlite, make_engine, url_from
from riskscore.history.folder import OUTCOMES
from riskscore.history.migrate import check_version
from riskscore.history.schema import decision, outcome, stream
from riskscore.product.spec import Category, Flag, Input, Product
from riskscore.product.tables import writer
from training.errors import StoreUnreadable
from training.progress import counting

SECONDS = 60.0  # that the database may keep us waiting
ROWS = 10_000  # written at a time
MOMENT = pa.timestamp("us", "UTC")
ABOUT = {
    "reference": pa.string(),
    "occurred_at": MOMENT,
    "received_at": MOMENT,
    "tenant": pa.string(),
    "purpose": pa.string(),
    "score": pa.int64(),
    "model_sha256": pa.string(),
}
FOUND = {
    "product": pa.string(),
    "reference": pa.string(),
    "tenant": pa.string(),
    "status": pa.string(),
    "label": pa.int8(),
    "role": pa.string(),
    "source": pa.string(),
    "known_at": MOMENT,
    "received_at": MOMENT,
    "fraud_from": MOMENT,
    "amount": pa.float64(),
    "looked_because": pa.string(),
}


def export(database: str, products: Sequence[Product], out: Path) -> dict[str, int]:
    """Write an event folder from a store.

    Args:
        database: Its URL.
        products: Whose applications; columns that an application was not asked for are empty.
        out: The folder, made if it is not there.

    Returns:
        How many rows each file has.

    Raises:
        StoreUnreadable: The database is not there, not ours, or cannot be reached.
    """
    url = url_from(database)
    if is_sqlite(url) and not file_of(url).exists():
        raise StoreUnreadable(f"{file_of(url)}: no such database")
    engine = make_engine(url, seconds=SECONDS)
    out.mkdir(parents=True, exist_ok=True)
    try:
        with engine.connect() as connection, connection.begin():
            check_version(connection)
            counts = {
                each.name: _write_applications(connection, each, out / f"{each.name}.parquet")
                for each in products
            }
            names = [each.name for each in products]
            return counts | {"outcomes": _write_outcomes(connection, names, out / OUTCOMES)}
    except (DBAPIError, RequestError) as error:
        raise StoreUnreadable("the database cannot be read, or is none of ours") from error
    finally:
        engine.dispose()


def _write_applications(connection: Connection, product: Product, path: Path) -> int:
    """Write each application once, as the decision that made it history was served."""
    columns = {each.name: _type(each) for each in product.inputs}
    columns |= {each.name: pa.float64() for each in product.history}
    wanted = (
        select(decision, stream.c.tenant)
        .join(stream)
        .where(stream.c.product == product.name, decision.c.counted)
        .order_by(decision.c.number)
    )
    schema = pa.schema([*ABOUT.items(), *columns.items()])

    def told(row: Row[Any]) -> dict[str, Any]:
        about = {name: getattr(row, name) for name in ABOUT}
        return about | {name: row.features.get(name) for name in columns}

    return _write(connection, wanted, schema, told, path)


def _write_outcomes(connection: Connection, products: Sequence[str], path: Path) -> int:
    wanted = (
        select(outcome, stream.c.tenant, stream.c.product)
        .join(stream)
        .where(stream.c.product.in_(products))
        .order_by(outcome.c.id)
    )

    def told(row: Row[Any]) -> dict[str, Any]:
        return {name: getattr(row, name) for name in FOUND}

    return _write(connection, wanted, pa.schema(list(FOUND.items())), told, path)


def _write(
    connection: Connection, wanted: Select[Any], schema: pa.Schema, told: Any, path: Path
) -> int:
    rows = 0
    with writer(path, schema) as write, counting(f"Exporting {path.stem}") as advance:
        for part in _parts(connection, wanted):
            write(pa.RecordBatch.from_pylist([told(row) for row in part], schema=schema))
            rows += len(part)
            advance(len(part))
    return rows


def _parts(connection: Connection, wanted: Select[Any]) -> Iterator[Sequence[Row[Any]]]:
    yield from connection.execution_options(yield_per=ROWS).execute(wanted).partitions()


def _type(each: Input) -> pa.DataType:
    if isinstance(each, Category):
        return pa.string()
    return pa.bool_() if isinstance(each, Flag) else pa.float64()
