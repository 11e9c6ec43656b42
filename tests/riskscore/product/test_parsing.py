"""Columns of a file are judged by the declaration; text only in csv files."""

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest

from riskscore.errors import DataInvalid
from riskscore.product.moments import moment
from riskscore.product.parsing import parse_input, parse_moments, texts
from riskscore.product.spec import Category, Flag, Input, Integer, Number

NUMBER = Number(name="x", code="X", reason={}, low=0, high=10, missing=True)
INTEGER = Integer(name="x", code="X", reason={}, low=0, high=10, missing=True)
FLAG = Flag(name="x", code="X", reason={}, missing=True)
CATEGORY = Category(name="x", code="X", reason={}, values=("post", "courier"), missing=True)
NAN = float("nan")


@pytest.mark.parametrize(
    ("feature", "written", "value"),
    [
        (NUMBER, "5", 5),
        (NUMBER, " 5.5 ", 5.5),
        (NUMBER, "1e1", 10),
        (NUMBER, "", NAN),
        (INTEGER, "5.0", 5),
        (FLAG, "true", 1),
        (FLAG, "False", 0),
        (FLAG, "1", 1),
        (CATEGORY, "courier", 1),
        (CATEGORY, "", NAN),
    ],
)
def test_a_written_value_is_read(feature: Input, written: str, value: float) -> None:
    parsed = parse_input(feature, pa.array([written]), text=True)

    assert not parsed.refused[0]
    np.testing.assert_array_equal(parsed.values, [value])


@pytest.mark.parametrize(
    ("feature", "written"),
    [
        (NUMBER, "10.01"),
        (NUMBER, "-1"),
        (NUMBER, "nan"),
        (NUMBER, "inf"),
        (NUMBER, "1e999"),
        (NUMBER, "0x5"),
        (NUMBER, "1,5"),
        (NUMBER, "true"),
        (INTEGER, "5.5"),
        (FLAG, "yes"),
        (FLAG, "2"),
        (CATEGORY, "Courier"),
        (CATEGORY, " courier"),
        (CATEGORY, "courier "),
        (FLAG, " true"),
    ],
)
def test_a_wrong_written_value_is_refused(feature: Input, written: str) -> None:
    assert parse_input(feature, pa.array([written, ""]), text=True).refused.tolist() == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("feature", "column"),
    [
        (NUMBER, pa.array(["5"])),
        (NUMBER, pa.array([True])),
        (NUMBER, pa.array([float("inf")])),
        (INTEGER, pa.array([5.5])),
        (FLAG, pa.array(["true"])),
        (FLAG, pa.array([2])),
        (CATEGORY, pa.array([1])),
        (CATEGORY, pa.array([b"post"])),
    ],
)
def test_parquet_holds_values_of_their_type(feature: Input, column: pa.Array) -> None:
    assert parse_input(feature, column, text=False).refused.all()


@pytest.mark.parametrize(
    ("feature", "column", "values"),
    [
        (NUMBER, pa.array([5, None]), [5, NAN]),
        (NUMBER, pa.array([0.5, NAN]), [0.5, NAN]),
        (FLAG, pa.array([True, None]), [1, NAN]),
        (FLAG, pa.array([1.0, NAN]), [1, NAN]),
        (CATEGORY, pa.array(["post", None]), [0, NAN]),
        (CATEGORY, pa.array(["post", None]).dictionary_encode(), [0, NAN]),
        (CATEGORY, pa.nulls(2), [NAN, NAN]),
    ],
)
def test_parquet_null_is_missing(feature: Input, column: pa.Array, values: list[float]) -> None:
    parsed = parse_input(feature, column, text=False)

    assert not parsed.refused.any()
    np.testing.assert_array_equal(parsed.values, values)


@pytest.mark.parametrize("feature", [NUMBER, INTEGER, FLAG, CATEGORY])
def test_missing_is_refused_where_the_declaration_says_so(feature: Input) -> None:
    required = type(feature)(
        **{name: getattr(feature, name) for name in feature.__dataclass_fields__}
        | {"missing": False}
    )

    assert parse_input(required, pa.array([""]), text=True).refused.all()


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["2026-11-21"]),
        pa.array(["2026-11-21 00:00"]),
        pa.array(["2026-11-21T07:00:00+07:00"]),
        pa.array([date(2026, 11, 21)]),
        pa.array([datetime(2026, 11, 21)]),  # noqa: DTZ001 - none means UTC is what is tested
        pa.array([datetime(2026, 11, 21, tzinfo=UTC)], pa.timestamp("ns", tz="UTC")),
    ],
)
def test_moments_of_files_default_to_utc(column: pa.Array) -> None:
    parsed = parse_moments(column)

    assert parsed.moments.tolist() == [moment("2026-11-21T00:00:00Z")]


def test_an_unreadable_moment_is_refused_and_an_empty_one_missing() -> None:
    parsed = parse_moments(pa.array(["21/11/2026", "", None, "2026-13-01"]))

    assert parsed.refused.tolist() == [True, False, False, True]
    assert parsed.missing.tolist() == [False, True, True, False]


def test_references_of_any_type_become_text() -> None:
    assert texts(pa.array([7, None])) == ["7", None]
    assert texts(pa.array([7.0, None])) == ["7", None]
    assert texts(pa.array([" a ", ""])) == ["a", None]


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32()])
def test_references_written_as_numbers_are_kept(kind: pa.DataType) -> None:
    column = pa.array([12.0, 1.5, NAN, None, 1e30], kind)

    assert texts(column)[:4] == ["12", "1.5", None, None]
    assert texts(column)[4]
    assert texts(pa.array([1e300, -7.0])) == ["1e+300", "-7"]


@pytest.mark.parametrize("column", [pa.array([b"\xff"]), pa.array([[1]]), pa.array([{"a": 1}])])
def test_bytes_and_lists_are_no_texts_and_no_moments(column: pa.Array) -> None:
    with pytest.raises(DataInvalid, match="expected text"):
        texts(column)

    assert parse_moments(column).refused.all()
    assert parse_input(CATEGORY, column, text=False).refused.all()
