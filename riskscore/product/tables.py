"""Read and write files of rows, csv or parquet, batch by batch in bounded memory.

Never imported by a serving worker, because pyarrow would cost it memory and start-up time.
"""

import csv
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from riskscore.errors import DataUnreadable

ROWS = 65_536  # per batch of parquet
BLOCK = 4_194_304  # bytes per batch of csv
READ = 262_144  # bytes of a column of parquet read at a time


def is_text(path: Path) -> bool:
    """Tell a csv file, whose values are all text, from parquet, whose values have types."""
    return path.suffix.lower() == ".csv"


def column_names(path: Path) -> list[str]:
    """Return a table's columns in order.

    Raises:
        DataUnreadable: It is no table, is empty, or has a column twice.
    """
    names = _header(path) if is_text(path) else _open_parquet(_parts(path)[0]).schema_arrow.names
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise DataUnreadable(f"{path}: column {twice[0]!r} stands more than once")
    return list(names)


def row_count(path: Path) -> int:
    """Count the rows of a parquet file or folder of parts without reading them.

    Raises:
        DataUnreadable: It is no table.
    """
    return sum(_open_parquet(part).metadata.num_rows for part in _parts(path))


def read_batches(
    path: Path, *, only: Collection[str] | None = None, rows: int = ROWS
) -> Iterator[pa.RecordBatch]:
    """Read a csv file, a parquet file, or a folder of parquet parts in order of their names.

    Args:
        path: The table. Every column of a csv file is read as text.
        only: The columns wanted, all of them there; every column unless given.
        rows: Of a batch, at most (parquet).

    Raises:
        DataUnreadable: It is no table, is empty, is damaged, or has a column twice.
    """
    names = [name for name in column_names(path) if only is None or name in only]
    batches = _csv(path, names) if is_text(path) else _parquet(path, names, rows)
    seen = 0
    try:
        for batch in batches:
            seen += batch.num_rows
            if batch.num_rows:
                yield batch
    except (pa.ArrowInvalid, OSError) as error:
        raise DataUnreadable(f"{path}: damaged after row {seen}") from error
    if not seen:
        raise DataUnreadable(f"{path}: no rows")


class Group(NamedTuple):
    """A row group of a parquet file: what can be read without the rest.

    Attributes:
        before: How many rows of the table stand before it.
    """

    part: Path
    number: int
    before: int
    rows: int


def row_groups(path: Path) -> Iterator[Group]:
    """List the row groups of a parquet file or folder of parts, in order.

    Raises:
        DataUnreadable: It is no table, or has no rows.
    """
    before = 0
    for part in _parts(path):
        about = _open_parquet(part).metadata
        for number in range(about.num_row_groups):
            rows = about.row_group(number).num_rows
            yield Group(part, number, before, rows)
            before += rows
    if not before:
        raise DataUnreadable(f"{path}: no rows")


def read_group(group: Group, *, only: Collection[str], rows: int) -> Iterator[pa.RecordBatch]:
    """Read a row group; arguments as of ``read_batches``.

    Raises:
        DataUnreadable: The file is not there, or damaged.
    """
    file = _open_parquet(group.part)
    names = [name for name in file.schema_arrow.names if name in only]
    try:
        yield from file.iter_batches(batch_size=rows, row_groups=[group.number], columns=names)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataUnreadable(f"{group.part}: damaged after row {group.before}") from error


@contextmanager
def writer(
    path: Path, schema: pa.Schema, *, kept: bool = False
) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """Write batches to a csv or parquet file, by its suffix; it appears only when complete.

    Args:
        path: The file.
        schema: Of the batches.
        kept: Whether what was written before an error, if anything was, appears too.
    """
    partial = path.with_name(f".partial-{path.name}")
    written = 0

    def write(batch: pa.RecordBatch) -> None:
        nonlocal written
        file.write_batch(batch)
        written += batch.num_rows

    try:
        with _opened(partial, schema) as file:
            yield write
        partial.replace(path)
    except BaseException:
        if kept and written:
            partial.replace(path)
        raise
    finally:
        partial.unlink(missing_ok=True)


def _opened(path: Path, schema: pa.Schema) -> pa_csv.CSVWriter | pq.ParquetWriter:
    if is_text(path):
        return pa_csv.CSVWriter(str(path), schema)
    repeating = [each.name for each in schema if not pa.types.is_floating(each.type)]
    return pq.ParquetWriter(str(path), schema, use_dictionary=repeating)


def _header(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
    except OSError as error:
        raise DataUnreadable(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataUnreadable(f"{path}: not a csv file in UTF-8") from error
    if not header:
        raise DataUnreadable(f"{path}: empty")
    return header


def _csv(path: Path, names: list[str]) -> Iterator[pa.RecordBatch]:
    broken: list[str] = []

    def note(row: pa_csv.InvalidRow) -> str:
        place = "a row" if row.number is None else f"row {row.number - 1}"
        broken.append(
            f"{place} has {row.actual_columns} values, the header has {row.expected_columns}"
        )
        return "error"

    try:
        yield from pa_csv.open_csv(
            path,
            read_options=pa_csv.ReadOptions(block_size=BLOCK, use_threads=False),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=note),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), include_columns=names
            ),
        )
    except pa.ArrowInvalid as error:
        if broken:
            raise DataUnreadable(f"{path}: {broken[0]}") from None
        raise DataUnreadable(f"{path}: not a csv file in UTF-8, or without rows") from error


def _parts(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    parts = sorted(path.glob("*.parquet"))
    if not parts:
        raise DataUnreadable(f"{path}: no parquet part in it")
    return parts


def _parquet(path: Path, names: list[str], rows: int) -> Iterator[pa.RecordBatch]:
    for part in _parts(path):
        file = _open_parquet(part)
        absent = set(names) - set(file.schema_arrow.names)
        if absent:
            raise DataUnreadable(f"{part}: column {min(absent)!r} of the other parts is absent")
        yield from file.iter_batches(batch_size=rows, columns=names)


def _open_parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, pre_buffer=False, buffer_size=READ)  # else much is held
    except (pa.ArrowInvalid, OSError) as error:
        reason = getattr(error, "strerror", None) or "not a csv or parquet file"
        raise DataUnreadable(f"{path}: {reason}") from error
