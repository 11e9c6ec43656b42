"""One thing, however a telecom or a bank spells it, has one canonical identifier."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.product.identifiers import (
    BadIdentifier,
    canonical,
    plain,
    plain_of_any_script,
)
from riskscore.product.spec import FORMATS, Format


@pytest.mark.parametrize(
    ("format_", "spellings", "expected"),
    [
        ("plain", ["TH-NID-1101700203451", " th nid 1101700203451 "], "THNID1101700203451"),
        ("plain", ["\uff44\uff0d\uff11\uff11\uff18\uff12", "D/1182", "d_1182\u200b"], "D1182"),
        ("e164", ["+66812345678", "+66 81-234-5678", "+66 (0)81 234 5678"], "+66812345678"),
        ("imei", ["49-015420-323751-8", "490154203237518", "49015420323751"], "49015420323751"),
        ("iccid", ["8966 0123 4567 8901 231", "8966012345678901231"], "8966012345678901231"),
        ("iban", ["gb82 west 1234 5698 7654 32"], "GB82WEST12345698765432"),
    ],
)
def test_spellings_meet(format_: Format, spellings: list[str], expected: str) -> None:
    assert {canonical(each, format_) for each in spellings} == {expected}


@pytest.mark.parametrize(
    ("format_", "identifier"),
    [
        ("plain", ""),
        ("plain", " - / "),
        ("plain", "9" * 257),
        ("e164", "0812345678"),
        ("e164", "+66123"),
        ("e164", "+66812345678 ext. 5"),
        ("imei", "490154203237519"),
        ("imei", "4901542032375"),
        ("iccid", "8966012345678901232"),
        ("iccid", "7966012345678901235"),
        ("iban", "GB82WEST12345698765433"),
    ],
)
def test_a_wrong_identifier_is_refused_without_being_repeated(
    format_: Format, identifier: str
) -> None:
    with pytest.raises(BadIdentifier) as refusal:
        canonical(identifier, format_)

    assert len(identifier) < 5 or identifier not in str(refusal.value)


@given(st.text(max_size=30), st.sampled_from(FORMATS))
def test_the_canonical_spelling_is_its_own(text: str, format_: Format) -> None:
    try:
        once = canonical(text, format_)
    except BadIdentifier:
        return

    assert canonical(once, format_) == once


@given(st.text(st.characters(codec="ascii")))
def test_ascii_is_spelled_as_any_script_is(text: str) -> None:
    assert plain(text) == plain_of_any_script(text)


def test_every_ascii_sign_is_spelled_as_any_script_is() -> None:
    signs = "".join(map(chr, range(128)))

    assert plain(signs) == plain_of_any_script(signs)
