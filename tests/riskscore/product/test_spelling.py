"""Columns of identifiers are spelled as single ones are."""

import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscore.product.identifiers import BadIdentifier, canonical
from riskscore.product.spec import FORMATS, Format
from riskscore.product.spelling import spelled

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
DIGITS = st.text("0123456789", min_size=3, max_size=20)
NUMBERS = st.builds(lambda code, digits: f"+{code}{digits}", st.sampled_from(CODES), DIGITS)
CARDS = st.builds(lambda digits: f"89{digits}", st.text("0123456789", min_size=15, max_size=18))
WORDS = st.one_of(NUMBERS, CARDS, DIGITS, st.text(max_size=12), st.sampled_from(["", " a-1 "]))


def one_by_one(word: str, format_: Format) -> str | None:
    try:
        return canonical(word.strip(), format_) if word.strip() else None
    except BadIdentifier:
        return None


@settings(max_examples=60, deadline=None)
@given(words=st.lists(WORDS, min_size=1, max_size=40))
@pytest.mark.parametrize("format_", FORMATS)
def test_a_column_is_spelled_as_its_identifiers_are(format_: Format, words: list[str]) -> None:
    found = spelled(pa.array(words), format_)

    right = [one_by_one(word, format_) for word in words]
    assert found.identifiers.to_pylist() == right
    refused = [each is None and bool(word.strip()) for word, each in zip(words, right, strict=True)]
    assert found.refused.tolist() == refused


def test_missing_identifiers_are_not_refused() -> None:
    found = spelled(pa.array(["D-1", None, ""]), "plain")

    assert found.identifiers.to_pylist() == ["D1", None, None]
    assert not found.refused.any()
