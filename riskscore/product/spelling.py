"""Columns of identifiers made canonical: what ``canonical`` gives, for millions of rows.

Most identifiers in files are already written plainly. Those are recognised column by column; every
other spelling goes through ``canonical`` itself, once per distinct text of a batch. The two agree
by construction: a rule below accepts only what ``canonical`` would return for it.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskscore.product.identifiers import MAX_LENGTH, BadIdentifier, canonical
from riskscore.product.parsing import Refused, text_column
from riskscore.product.phones import dialling
from riskscore.product.spec import Format

ASCII_KEPT = r"[^0-9A-Z$+<=>^`|~]"  # of upper-case ASCII, what is no space, mark or control
LUHN_DOUBLED = np.array([0, 2, 4, 6, 8, 1, 3, 5, 7, 9])


class Spelled(NamedTuple):
    """A column of canonical identifiers, null where missing or refused."""

    identifiers: pa.Array
    refused: Refused


def spelled(column: pa.Array, format_: Format) -> Spelled:
    """Bring a column into canonical spelling."""
    words = text_column(column)
    quick = QUICK[format_](words)
    left = pc.and_(words.is_valid(), quick.is_null())
    if not pc.any(left).as_py():
        return Spelled(quick, np.zeros(len(words), bool))
    return _with_slow(words, quick, left, format_)


def _with_slow(words: pa.Array, quick: pa.Array, left: pa.Array, format_: Format) -> Spelled:
    encoded = words.filter(left).dictionary_encode()
    found = [_canonical(word, format_) for word in encoded.dictionary.to_pylist()]
    slow = pa.array(found, pa.string()).take(encoded.indices)
    refused = np.zeros(len(words), bool)
    refused[left.to_numpy(zero_copy_only=False)] = slow.is_null().to_numpy(zero_copy_only=False)
    return Spelled(pc.replace_with_mask(quick, left, slow), refused)


def _canonical(word: str, format_: Format) -> str | None:
    try:
        return canonical(word, format_)
    except BadIdentifier:
        return None


def _plain(words: pa.Array) -> pa.Array:
    short = pc.less_equal(pc.utf8_length(words), MAX_LENGTH)
    ours = pc.if_else(pc.and_(pc.string_is_ascii(words), short), words, None)
    kept = pc.replace_substring_regex(pc.ascii_upper(ours), ASCII_KEPT, "")
    return pc.if_else(pc.not_equal(kept, ""), kept, None)


def _imei(words: pa.Array) -> pa.Array:
    digits = _matching(words, r"^\d{15}$")
    return pc.utf8_slice_codeunits(_luhn(digits), 0, 14)


def _iccid(words: pa.Array) -> pa.Array:
    return _luhn(_matching(words, r"^89\d{16,17}$"))


def _iban(words: pa.Array) -> pa.Array:
    return pa.nulls(len(words), pa.string())


def _e164(words: pa.Array) -> pa.Array:
    """Keep numbers of a possible length that bear no prefix of national dialling."""
    numbers = _matching(words, r"^\+[1-9]\d{4,14}$")
    heads = pc.utf8_slice_codeunits(numbers, 0, 4).dictionary_encode()
    codes = [_calling_code(head) for head in heads.dictionary.to_pylist()]
    of_row = pa.array(codes, pa.int64()).take(heads.indices)
    found = pa.nulls(len(words), pa.string())
    for code in sorted({each for each in codes if each is not None}):
        right = pc.and_(pc.equal(of_row, code), _dialled_plainly(numbers, code))
        found = pc.if_else(pc.fill_null(right, fill_value=False), numbers, found)
    return found


def _dialled_plainly(numbers: pa.Array, code: int) -> pa.Array:
    national = pc.utf8_slice_codeunits(numbers, 1 + len(str(code)))
    lengths, prefix = dialling(str(code))
    length = pc.is_in(pc.utf8_length(national), value_set=pa.array(sorted(lengths), pa.int32()))
    prefixed = pc.match_substring_regex(national, f"^(?:0|{prefix.pattern if prefix else '0'})")
    return pc.and_(length, pc.invert(prefixed))


@cache
def _calling_code(head: str | None) -> int | None:
    """Find the calling code at the head of a number, such as +668."""
    if head is None:
        return None
    known = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    codes = (int(head[1:end]) for end in (2, 3, 4) if re.fullmatch(r"\d+", head[1:end]))
    return next((code for code in codes if code in known), None)


def _matching(words: pa.Array, pattern: str) -> pa.Array:
    return pc.if_else(pc.match_substring_regex(words, pattern), words, None)


def _luhn(digits: pa.Array) -> pa.Array:
    """Keep numbers of at most 19 digits whose check digit is right."""
    number: NDArray[np.int64] = pc.fill_null(digits.cast(pa.int64()), 1).to_numpy()
    total = np.zeros(len(number), np.int64)
    for place in range(19):
        digit = number // 10**place % 10
        total += LUHN_DOUBLED[digit] if place % 2 else digit
    return pc.if_else(pa.array(total % 10 == 0), digits, None)


QUICK: dict[Format, Callable[[pa.Array], pa.Array]] = {
    "plain": _plain,
    "e164": _e164,
    "imei": _imei,
    "iccid": _iccid,
    "iban": _iban,
}
