"""Files and requests: the same values are refused, and the same numbers come out."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from marshmallow import ValidationError

from riskscore.api.schemas import request_field
from riskscore.product.encode import values
from riskscore.product.spec import Category, Flag, Input, Integer, Number
from riskscore.product.values import accepts

COMMON: dict[str, Any] = {"name": "x", "code": "X", "reason": {"en": "{value}"}}
WORDS = ("store", "dealer", "ออนไลน์")
BOUND = st.floats(-(2.0**127), 2.0**127, allow_nan=False)
WHOLE = st.integers(-(2**53), 2**53)  # beyond, float64 tells neighbours apart no more


def read(feature: Input, sent: object) -> Any:
    """Judge a value as a request is judged."""
    return request_field(feature).deserialize(sent)


def is_read(feature: Input, sent: object) -> bool:
    try:
        read(feature, sent)
    except ValidationError:
        return False
    return True


@st.composite
def numbers(draw: st.DrawFn) -> Number:
    low, high = sorted([draw(BOUND), draw(BOUND)])
    return Number(low=low, high=high, missing=draw(st.booleans()), **COMMON)


@st.composite
def integers(draw: st.DrawFn) -> Integer:
    low, high = sorted([draw(WHOLE), draw(WHOLE)])
    return Integer(low=low, high=high, missing=draw(st.booleans()), **COMMON)


def near(bounds: Number | Integer) -> st.SearchStrategy[float | int]:
    """Numbers in and about the bounds, and anywhere."""
    edges = [float(bounds.low), float(bounds.high)]
    beside = [float(np.nextafter(each, to)) for each in edges for to in (-np.inf, np.inf)]
    return st.one_of(
        st.sampled_from([*edges, *beside, *(each + 0.5 for each in edges)]),
        st.floats(allow_nan=False, allow_infinity=False),
        st.floats(float(bounds.low), float(bounds.high)),
        WHOLE,
    )


@given(data=st.data(), feature=st.one_of(numbers(), integers()))
def test_a_number_is_judged_alike(data: st.DataObject, feature: Number | Integer) -> None:
    sent = data.draw(near(feature))
    column = np.array([sent], np.float64)

    assert is_read(feature, sent) is bool(accepts(feature, column)[0])


@given(data=st.data(), feature=st.one_of(numbers(), integers()))
def test_a_number_reaches_the_model_unchanged(
    data: st.DataObject, feature: Number | Integer
) -> None:
    sent = data.draw(near(feature))
    assume(is_read(feature, sent))

    assert values(feature, [read(feature, sent)])[0] == np.float64(sent)


@pytest.mark.parametrize("missing", [True, False])
@pytest.mark.parametrize(
    "feature",
    [
        Number(low=0, high=1, **COMMON),
        Integer(low=0, high=1, **COMMON),
        Flag(**COMMON),
        Category(values=WORDS, **COMMON),
    ],
)
def test_missing_is_judged_alike(feature: Input, *, missing: bool) -> None:
    twin = type(feature)(**{**as_declared(feature), "missing": missing})

    assert is_read(twin, None) is bool(accepts(twin, np.array([np.nan]))[0]) is missing


def as_declared(feature: Input) -> dict[str, Any]:
    return {name: getattr(feature, name) for name in feature.__dataclass_fields__}


@given(word=st.one_of(st.sampled_from(WORDS), st.text(max_size=8)))
def test_a_word_is_judged_alike(word: str) -> None:
    feature = Category(values=WORDS, **COMMON)
    code = feature.codes.get(word, -1.0)

    assert is_read(feature, word) is bool(accepts(feature, np.array([code]))[0])


@pytest.mark.parametrize("flag", [True, False])
def test_a_flag_is_0_or_1_to_the_model(*, flag: bool) -> None:
    feature = Flag(**COMMON)

    assert values(feature, [read(feature, flag)]).tolist() == [float(flag)]


@given(
    sent=st.one_of(
        st.text(max_size=5),
        st.lists(st.integers(), max_size=2),
        st.dictionaries(st.text(), st.none()),
    )
)
@pytest.mark.parametrize(
    "feature",
    [Number(low=-9, high=9, **COMMON), Integer(low=-9, high=9, **COMMON), Flag(**COMMON)],
)
def test_only_numbers_are_numbers_and_only_true_and_false_are_flags(
    feature: Input, sent: object
) -> None:
    assert not is_read(feature, sent)


@pytest.mark.parametrize(
    ("feature", "sent"),
    [
        (Number(low=-9, high=9, **COMMON), True),
        (Number(low=-9, high=9, **COMMON), "5"),
        (Number(low=-9, high=9, **COMMON), float("nan")),
        (Number(low=-9, high=9, **COMMON), float("inf")),
        (Integer(low=-9, high=9, **COMMON), False),
        (Integer(low=-9, high=9, **COMMON), 5.5),
        (Flag(**COMMON), 1),
        (Flag(**COMMON), 0.0),
        (Flag(**COMMON), "true"),
        (Category(values=WORDS, **COMMON), "Store"),
        (Category(values=WORDS, **COMMON), 0),
    ],
)
def test_what_merely_resembles_a_value_is_refused(feature: Input, sent: object) -> None:
    assert not is_read(feature, sent)


def test_a_float_without_fraction_is_whole() -> None:
    assert read(Integer(low=-9, high=9, **COMMON), 5.0) == 5
