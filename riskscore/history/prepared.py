"""Statements of the hot path, written out once and run past SQLAlchemy.

Going through a statement at every call would cost SQLAlchemy more than the database needs to
answer it. A failure therefore arrives as the driver's own error; ``Store`` knows both kinds.
"""

from collections.abc import Mapping
from contextlib import closing
from functools import lru_cache
from typing import Any

from sqlalchemy import ClauseElement, Connection, Dialect

Row = tuple[Any, ...]


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
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(text, values)
        return [*cursor.fetchall()]


@lru_cache(maxsize=256)
def written(statement: ClauseElement, dialect: Dialect) -> str:
    return str(statement.compile(dialect=dialect))
