"""Check digits are right where stdnum says that they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import imei, luhn

from riskscore.product.check_digits import is_imei, is_luhn
from riskscore.product.identifiers import BadIdentifier, imei14, validated_imei

DIGITS = st.text("0123456789", min_size=1, max_size=24)
TEXTS = st.one_of(
    st.text("0123456789", min_size=13, max_size=17),
    st.text("0123456789 -x+\u0661\u00b2\uff11\u2212", max_size=17),
)


@given(DIGITS)
def test_digits_are_checked_as_stdnum_checks_them(digits: str) -> None:
    assert is_luhn(digits) == luhn.is_valid(digits)
    assert [is_luhn(f"{digits}{last}") for last in range(10)] == [
        luhn.is_valid(f"{digits}{last}") for last in range(10)
    ]


@given(TEXTS)
def test_a_plain_imei_is_one_to_stdnum_as_it_stands(text: str) -> None:
    for each in [text, *(f"{text[:14]}{last}" for last in range(10))]:
        if is_imei(each):
            assert imei.validate(each) == each
        else:
            assert not (imei.is_valid(each) and each.isascii() and each.isdigit())


@given(st.text("0123456789", min_size=13, max_size=17))
def test_an_imei_is_refused_where_stdnum_refuses_it(text: str) -> None:
    assert is_imei(text) == imei.is_valid(text)
    if imei.is_valid(text):
        assert imei14(text) == validated_imei(text)[:14] == text[:14]
    else:
        with pytest.raises(BadIdentifier):
            imei14(text)


def test_signs_that_stdnum_drops_are_left_to_it() -> None:
    spelled = "490154\u2212203237518"  # a minus sign, which is no punctuation

    assert not is_imei(spelled)
    assert imei14(spelled) == "49015420323751"
