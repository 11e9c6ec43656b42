"""A phone number that is plainly canonical is known without the library, which agrees."""

import re
from collections.abc import Callable

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscore.product import phones
from riskscore.product.identifiers import BadIdentifier, e164, parsed_e164

HEADS = [str(head) for head in range(1000)]  # every calling code there is or could be, and more
DIGITS = st.text("0123456789", max_size=18)
PREFIXES = {
    code: found.pattern
    for code in map(str, phones.CODES)
    if (found := phones.dialling(code).prefix)
}


def told(spell: Callable[[str], str], text: str) -> str:
    try:
        return spell(text)
    except BadIdentifier as refusal:
        return f"refused: {refusal}"


def differing(texts: list[str]) -> list[str]:
    return [each for each in texts if told(e164, each) != told(parsed_e164, each)]


@st.composite
def dialled(draw: st.DrawFn) -> str:
    """A number that begins, behind its calling code, as it is dialled within the country."""
    code = draw(st.sampled_from(sorted(PREFIXES)))
    prefix = draw(st.from_regex(re.compile(PREFIXES[code], re.ASCII), fullmatch=True))
    return f"+{code}{prefix.strip()}{draw(DIGITS)}"


@settings(deadline=None)
@given(DIGITS)
def test_behind_every_calling_code_digits_are_read_as_the_library_reads_them(digits: str) -> None:
    assert not differing([f"+{head}{digits}" for head in HEADS])


@pytest.mark.parametrize("code", phones.CODES)
def test_every_length_is_possible_or_not_as_the_library_says(code: int) -> None:
    assert not differing([f"+{code}{'23456789' * 3:.{digits}}" for digits in range(19)])


@settings(max_examples=1000, deadline=None)
@given(dialled())
def test_a_prefix_of_national_dialling_is_read_as_the_library_reads_it(text: str) -> None:
    assert not differing([text])


@given(st.text("+0123456789 ()-x;#\n\u0661\uff0b", max_size=20))
def test_what_is_no_plus_and_digits_is_read_as_the_library_reads_it(text: str) -> None:
    assert not differing([text, f"+66{text}", f"+6681234567{text}"])


@pytest.mark.parametrize(
    "plain",
    [
        "+66812345678",
        "+12025550123",
        "+390612345678",  # its zero belongs to it
        "+5491123456789",  # where a prefix can be nothing
        "+80012345678",  # of no country
    ],
)
def test_a_plain_number_needs_no_library(plain: str) -> None:
    assert phones.is_canonical(plain)
    assert parsed_e164(plain) == plain


@pytest.mark.parametrize("text", ["66812345678", "+660812345678", "+66123", "+99912345678", "+"])
def test_what_is_not_plain_is_left_to_the_library(text: str) -> None:
    assert not phones.is_canonical(text)


def test_no_number_is_remembered() -> None:
    for last in range(100):
        e164(f"+668123456{last:02}")

    assert phones.dialling.cache_parameters()["maxsize"] == len(phones.CODES)
    assert phones.dialling.cache_info().currsize <= len(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
