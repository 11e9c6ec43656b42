"""Applications in order of receipt, identifier by identifier; DuckDB sorts them and spills.

Everything lives in one database file that is thrown away. Its memory is limited, so that size
costs disk and not memory.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskscore.errors import DataError
from riskscore.history.columns import Integers
from riskscore.history.loans import Loan
from riskscore.history.looks import Look, Sheet

CHUNK = 1_000_000  # rows swept at a time
BATCH = 65_536  # rows read from the database at a time
MEMORY = "1GB"  # of the database; beside it a replay holds one chunk

NOTHING_APART: Mapping[str, str] = MappingProxyType({})

Room = duckdb.DuckDBPyConnection


class Table(NamedTuple):
    """A stored sheet; ``turn`` orders what tables received at the same moment."""

    name: str
    sheet: Sheet
    turn: int

    def identifier(self, entity: str) -> str:
        return f"e{list(self.sheet.entities).index(entity)}"

    def since(self, entity: str) -> str:
        return f"s{list(self.sheet.entities).index(entity)}"

    def quantity(self, name: str) -> str:
        return f"q{list(self.sheet.quantities).index(name)}"


class Chunk(NamedTuple):
    """Whole identifiers: their rows, and where each begins, with the end of the last."""

    rows: pa.Table
    borders: Integers


@contextmanager
def workroom() -> Iterator[Room]:
    """Open a database that is gone afterwards."""
    with TemporaryDirectory(prefix="riskscore-") as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "temp_directory": str(Path(folder) / "spilled"),
            "preserve_insertion_order": False,
            "threads": 2,
        }
        with duckdb.connect(str(Path(folder) / "replay.duckdb"), config=config) as room:
            room.execute("SET enable_progress_bar = false")  # it would go to stdout
            yield room


def keep(room: Room, name: str, batches: Iterator[pa.RecordBatch], select: str) -> None:
    """Store what a query makes of the batches, which it finds in the table ``incoming``.

    Raises:
        DataError: As the batches do; the database would make an error of its own of it.
    """
    failed: list[DataError] = []
    first = next(batches)
    safely = _until_failure(chain([first], batches), failed)
    room.register("incoming", pa.RecordBatchReader.from_batches(first.schema, safely))
    room.execute(f"CREATE TABLE {name} AS {select}")
    room.unregister("incoming")
    if failed:
        raise failed[0]


def _until_failure(
    batches: Iterator[pa.RecordBatch], failed: list[DataError]
) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except DataError as error:
        failed.append(error)


def keep_events(room: Room, name: str, batches: Iterator[pa.RecordBatch]) -> None:
    """Store applications, with a ``number`` for each reference and whether they are ``counted``.

    A reference counts once, at its first receipt with a counting purpose, whose row is its number.
    """
    keep(
        room,
        name,
        batches,
        """
        SELECT *, first_value(row) OVER same AS number,
               counting AND row_number() OVER same = 1 AS counted
        FROM incoming
        WINDOW same AS (PARTITION BY tenant, reference ORDER BY counting DESC, received, row)
        """,
    )


def keep_askers(room: Room, name: str, batches: Iterator[pa.RecordBatch], events: str) -> None:
    """Store applications that only ask; they bear the numbers of the same references' events."""
    keep(
        room,
        name,
        batches,
        f"""
        SELECT incoming.*, coalesce(known.number, -1) AS number
        FROM incoming LEFT JOIN (SELECT DISTINCT tenant, reference, number FROM {events}) known
        USING (tenant, reference)
        """,  # noqa: S608 - names of our own
    )


def rows_of(room: Room, table: str) -> int:
    [(rows,)] = room.sql(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608
    return int(rows)


def chunks(
    room: Room, look: Look, asking: Table, seen: Table, loans: Sequence[Loan] = ()
) -> Iterator[Chunk]:
    """Read the applications that bear an identifier, both those that ask and those that are seen.

    What is lent stands among the rows of the tenant that gets it, though it may see none of it yet.

    Yields:
        ``identifier``, ``tenant``, ``received``, ``turn``, ``row``, ``occurred``, ``number``,
        ``since``, ``asks``, ``counts``, ``lent``, and the columns of ``seen`` that the look needs.
    """
    own = asking.name == seen.name
    parts = [_own(look, seen)] if own else [_seen(look, seen), _asking(look, asking, seen)]
    parts += [_lent(look, seen, loan) for loan in loans]
    union = " UNION ALL ".join(parts)
    query = f"SELECT * FROM ({union}) ORDER BY tenant, identifier, received, turn, row"  # noqa: S608
    held: list[pa.RecordBatch] = []
    for batch in room.sql(query).to_arrow_reader(BATCH):
        held.append(batch)
        if sum(each.num_rows for each in held) >= CHUNK:
            whole = pa.Table.from_batches(held).combine_chunks()
            borders = _borders(whole)
            if len(borders) > 2:  # noqa: PLR2004 - the last identifier may go on
                yield Chunk(whole.slice(0, borders[-2]), borders[:-1])
            held = whole.slice(borders[-2]).to_batches()
    if held:
        whole = pa.Table.from_batches(held).combine_chunks()
        yield Chunk(whole, _borders(whole))


def _borders(rows: pa.Table) -> Integers:
    """Find where the identifier changes, with both ends."""
    words, tenants = rows["identifier"].chunk(0), rows["tenant"].chunk(0)
    changes = pc.or_(
        pc.not_equal(words.slice(1), words.slice(0, len(words) - 1)),
        pc.not_equal(tenants.slice(1), tenants.slice(0, len(tenants) - 1)),
    )
    inner = np.flatnonzero(changes.to_numpy(zero_copy_only=False)) + 1
    return np.concatenate([[0], inner, [rows.num_rows]]).astype(np.int64)


def _own(look: Look, table: Table) -> str:
    entity = table.identifier(look.entity)
    return f"""
        SELECT {entity} AS identifier, tenant, received, {table.turn} AS turn, row, occurred,
               number, {table.since(look.entity)} AS since, true AS asks, counted AS counts,
               false AS lent
               {_wanted(look, table, null=False)}
        FROM {table.name} WHERE {entity} IS NOT NULL"""  # noqa: S608


def _seen(look: Look, table: Table) -> str:
    entity = table.identifier(look.entity)
    return f"""
        SELECT {entity} AS identifier, tenant, received, {table.turn} AS turn, row, occurred,
               number, 0 AS since, false AS asks, true AS counts, false AS lent
               {_wanted(look, table, null=False)}
        FROM {table.name} WHERE counted AND {entity} IS NOT NULL"""  # noqa: S608


def _lent(look: Look, table: Table, loan: Loan) -> str:
    """Give what one tenant received while a loan was in force to another.

    The other identifiers that it met are of no other tenant's kind, so that ``distinct`` adds.
    """
    entity = table.identifier(look.entity)
    others = [each for each in look.columns if each.measure == "distinct"]
    apart = {table.identifier(str(each.what)): f"'{loan.gives} ' || " for each in others}
    return f"""
        SELECT {entity} AS identifier, {loan.gets} AS tenant, received, {table.turn} AS turn, row,
               occurred, number, 0 AS since, false AS asks, true AS counts, true AS lent
               {_wanted(look, table, null=False, apart=apart)}
        FROM {table.name} WHERE counted AND {entity} IS NOT NULL AND tenant = {loan.gives}
               AND received >= {loan.begins} AND received < {loan.ends}"""  # noqa: S608


def _asking(look: Look, table: Table, seen: Table) -> str:
    entity = table.identifier(look.entity)
    number = "number" if table.sheet.product == seen.sheet.product else "-1"
    return f"""
        SELECT {entity} AS identifier, tenant, received, {table.turn} AS turn, row, occurred,
               {number} AS number, {table.since(look.entity)} AS since, true AS asks,
               false AS counts, false AS lent {_wanted(look, seen, null=True)}
        FROM {table.name} WHERE {entity} IS NOT NULL"""  # noqa: S608


def _wanted(
    look: Look, table: Table, *, null: bool, apart: Mapping[str, str] = NOTHING_APART
) -> str:
    names = {
        table.identifier(str(each.what)) for each in look.columns if each.measure == "distinct"
    }
    names |= {table.quantity(str(each.what)) for each in look.columns if each.measure == "latest"}
    names |= {table.quantity(each.where.feature) for each in look.columns if each.where}
    given = {name: "NULL" if null else f"{apart.get(name, '')}{name}" for name in sorted(names)}
    return "".join(f", {each} AS {name}" for name, each in given.items())
