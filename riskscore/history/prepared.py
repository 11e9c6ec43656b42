"""Statements of the hot path, written out once and run past SQLAlchemy.

Going through a statement at every call would cost SQLAlchemy more than the database needs to
answer it. A failure therefore arrives as the driver's own error; ``Store`` knows both kinds.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ClauseElement, Connection, Dialect, Table, insert

Row = tuple[Any, ...]


class Insertion(NamedTuple):
    """An insert into one table, written out.

    Attributes:
        convert: Column -> what makes of its value what the driver takes.
    """

    text: str
    convert: Mapping[str, Callable[[Any], Any]]


def fetch(
    connection: Connection, statement: ClauseElement | str, values: Mapping[str, Any]
) -> list[Row]:
    """Run a statement that gives rows.

    Args:
        connection: Within a transaction.
        statement: One that lives as long as the process, or its text.
        values: Of its parameters, as the driver takes them.
    """
    text = statement if isinstance(statement, str) else written(statement, connection.dialect)
    driver: Any = connection.connection.driver_connection
    found: list[Row] = driver.execute(text, values).fetchall()
    return found


def run(
    connection: Connection, statement: ClauseElement, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Run a statement that gives no rows, once for each set of values."""
    with closing(connection.connection.cursor()) as cursor:
        cursor.executemany(written(statement, connection.dialect), rows)


def put(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, all with the same columns."""
    if rows:
        into = insertion(table, connection.dialect, tuple(rows[0]))
        with closing(connection.connection.cursor()) as cursor:
            cursor.executemany(into.text, [_converted(into, row) for row in rows])


def put_numbered(connection: Connection, table: Table, row: Mapping[str, Any]) -> int:
    """Insert a row and return the number that it got, its primary key."""
    into = insertion(table, connection.dialect, tuple(row), numbered=True)
    [(number,)] = fetch(connection, into.text, _converted(into, row))
    return int(number)


@lru_cache(maxsize=256)
def insertion(
    table: Table, dialect: Dialect, columns: Iterable[str], *, numbered: bool = False
) -> Insertion:
    """Write an insert out; ``numbered`` ones give the primary key of the row."""
    statement = insert(table).returning(*table.primary_key) if numbered else insert(table)
    made = {
        name: table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns
    }
    text = str(statement.compile(dialect=dialect, column_keys=[*columns]))
    return Insertion(text, {name: each for name, each in made.items() if each})


def _converted(into: Insertion, row: Mapping[str, Any]) -> dict[str, Any]:
    converted = dict(row)
    for name, convert in into.convert.items():
        converted[name] = convert(converted[name])
    return converted


@lru_cache(maxsize=256)
def written(statement: ClauseElement, dialect: Dialect) -> str:
    return str(statement.compile(dialect=dialect))
