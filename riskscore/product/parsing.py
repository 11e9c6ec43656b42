"""Columns of a file become values, judged by the declaration as a request's values are.

In csv files every value is text: empty is missing, flags are true, false, 0 or 1. In parquet a
number is a number and a text is none; null is missing, and so is NaN, as numpy writes it. Blanks
around references, identifiers, moments and numbers are dropped; words must stand as declared.
"""

from collections.abc import Callable
from typing import NamedTuple, assert_never

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskscore.errors import DataInvalid
from riskscore.product.moments import BadMoment, moment_in_file
from riskscore.product.spec import Category, Flag, Input, Integer, Number
from riskscore.product.values import Values, accepts

NUMBER = r"^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
MISSING_WORDS = ("nan", "na", "n/a", "null", "none", "nil", "#n/a", "<na>", "nat")
FLAGS = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0}

Refused = NDArray[np.bool_]


class Parsed(NamedTuple):
    """A column's values, NaN where missing or refused, and which rows are refused."""

    values: Values
    refused: Refused


class Moments(NamedTuple):
    """A column's moments in microseconds UTC, 0 where missing or refused."""

    moments: NDArray[np.int64]
    missing: NDArray[np.bool_]
    refused: Refused


def parse_input(feature: Input, column: pa.Array, *, text: bool) -> Parsed:
    """Read a column of an input.

    Args:
        feature: Its declaration.
        column: As ``tables.read_batches`` gives it.
        text: Whether it comes from a csv file.
    """
    match feature:
        case Number() | Integer():
            parsed = _numbers(column, text=text)
        case Flag():
            parsed = _words(column, FLAGS) if text else _numbers(column, text=False, flags=True)
        case Category():
            parsed = _words(column, {word: float(code) for word, code in feature.codes.items()})
        case _:
            assert_never(feature)
    return Parsed(parsed.values, parsed.refused | ~accepts(feature, parsed.values))


def parse_absent(feature: Input, rows: int) -> Parsed:
    """Read a column that is not there: missing in every row."""
    nothing = np.full(rows, np.nan)
    return Parsed(nothing, ~accepts(feature, nothing))


def parse_quantity(column: pa.Array, *, text: bool) -> Parsed:
    """Read a column of any finite numbers, such as history or weights."""
    parsed = _numbers(column, text=text)
    return Parsed(parsed.values, parsed.refused | np.isinf(parsed.values))


def parse_moments(column: pa.Array) -> Moments:
    """Read moments: timestamps, dates, or text; no offset means UTC, a bare date 00:00 UTC."""
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        missing = _mask(column.is_null())
        stamps = column.cast(pa.timestamp("us", tz=getattr(column.type, "tz", None)), safe=False)
        return Moments(_filled(stamps.cast(pa.int64()), 0), missing, np.zeros_like(missing))
    if not (is_words(column) or pa.types.is_null(column.type)):
        refused = _mask(column.is_valid())
        return Moments(np.zeros(len(column), np.int64), ~refused, refused)
    return _each_moment(_texts(column))


def texts(column: pa.Array) -> list[str | None]:
    """Read a column of references or identifiers; empty is missing."""
    read: list[str | None] = text_column(column).to_pylist()
    return read


def text_column(column: pa.Array) -> pa.Array:
    """Read a column of references or identifiers, null where missing; empty is missing.

    Numbers are read as they would be written, whole ones without a point.

    Raises:
        DataInvalid: It is a column of bytes or of lists.
    """
    words = _texts(column)
    if pa.types.is_floating(column.type):
        words = pc.if_else(_is_whole(column), _whole(column).cast(pa.string()), words)
        words = pc.if_else(pc.is_nan(column), None, words)
    return pc.if_else(pc.not_equal(words, ""), words, None)


def empty_cells(column: pa.Array) -> Refused:
    """Tell which cells of a column of a file are empty."""
    if is_words(column):
        return _mask(pc.fill_null(pc.equal(_texts(column), ""), fill_value=True))
    return _mask(column.is_null(nan_is_null=pa.types.is_floating(column.type)))


def spelled_missing(column: pa.Array) -> Refused:
    """Tell which cells hold a word by which other programs write a missing value."""
    if not is_words(column):
        return np.zeros(len(column), bool)
    words = pc.is_in(pc.utf8_lower(_texts(column)), pa.array(MISSING_WORDS))
    return _mask(pc.fill_null(words, fill_value=False))


def is_words(column: pa.Array) -> bool:
    return _is_text(column.type) or pa.types.is_dictionary(column.type)


def _is_whole(column: pa.Array) -> pa.Array:
    small = pc.less(pc.abs(column.cast(pa.float64())), 2.0**63)
    return pc.and_(small, pc.equal(pc.floor(column), column))


def _whole(column: pa.Array) -> pa.Array:
    return pc.if_else(_is_whole(column), column.cast(pa.float64()), None).cast(pa.int64())


def _texts(column: pa.Array) -> pa.Array:
    """Read texts, blanks around them trimmed."""
    return pc.utf8_trim_whitespace(_written(column))


def _written(column: pa.Array) -> pa.Array:
    """Read texts as they are written."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not _is_writable(column.type):
        raise DataInvalid(f"a column of type {column.type}: expected text")
    return column.cast(pa.string())


def _is_writable(kind: pa.DataType) -> bool:
    plain = pa.types.is_primitive(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind)
    return plain or _is_text(kind)


def _each_moment(column: pa.Array) -> Moments:
    moments = np.zeros(len(column), np.int64)
    missing, refused = np.zeros(len(column), bool), np.zeros(len(column), bool)
    for row, text in enumerate(column.to_pylist()):
        if not text:
            missing[row] = True
            continue
        try:
            moments[row] = moment_in_file(text)
        except BadMoment:
            refused[row] = True
    return Moments(moments, missing, refused)


def _numbers(column: pa.Array, *, text: bool, flags: bool = False) -> Parsed:
    kind = column.type
    if pa.types.is_null(kind):
        return Parsed(np.full(len(column), np.nan), np.zeros(len(column), bool))
    if text:
        return _written_numbers(_texts(column))
    numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if numeric or (flags and pa.types.is_boolean(kind)):
        values = _filled(column.cast(pa.float64(), safe=False), np.nan)
        return Parsed(values, np.zeros(len(column), bool))
    return Parsed(np.full(len(column), np.nan), _mask(column.is_valid()))


def _written_numbers(column: pa.Array) -> Parsed:
    present = _mask(pc.fill_null(pc.not_equal(column, ""), fill_value=False))
    right = pc.match_substring_regex(column, NUMBER)
    values = _filled(pc.if_else(right, column, None).cast(pa.float64()), np.nan)
    return Parsed(values, present & ~_mask(pc.fill_null(right, fill_value=False)))


def _words(column: pa.Array, codes: dict[str, float]) -> Parsed:
    if pa.types.is_null(column.type):
        return Parsed(np.full(len(column), np.nan), np.zeros(len(column), bool))
    if not (_is_text(column.type) or pa.types.is_dictionary(column.type)):
        return Parsed(np.full(len(column), np.nan), _mask(column.is_valid()))
    encoded = _written(column).dictionary_encode()
    words = encoded.dictionary.to_pylist()
    find: Callable[[str], float] = _code_of(codes)
    table = np.array([*(find(word) for word in words), np.nan])
    unknown = np.array([*(bool(word) and np.isnan(find(word)) for word in words), False], bool)
    places = _filled(encoded.indices.cast(pa.int64()), len(words))
    return Parsed(table[places], unknown[places])


def _code_of(codes: dict[str, float]) -> Callable[[str], float]:
    """Find a word's code; the words of flags are read in any case, as programs write them."""
    if codes is FLAGS:
        return lambda word: codes.get(word.lower(), np.nan)
    return lambda word: codes.get(word, np.nan)


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _filled(column: pa.Array, missing: float) -> np.ndarray:
    filled: np.ndarray = pc.fill_null(column, missing).to_numpy(zero_copy_only=False)
    return filled


def _mask(column: pa.Array) -> Refused:
    mask: Refused = column.to_numpy(zero_copy_only=False)
    return mask
