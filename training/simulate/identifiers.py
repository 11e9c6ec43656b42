"""Identifiers as people write them: fictional, of valid form, and telling nothing.

Inside the country a thing is an integer. Outside it is a string: the things of a kind are dealt
places at random, and a place is spread over the digits one to one, so that neither length nor size
betrays where anything came from.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from training.simulate.arrays import NOBODY, Array, Flags, Ints
from training.simulate.people import COUNTRIES, DOCUMENTS, Population

TYPE_CODES = 400
PAPERS = dict(zip(DOCUMENTS, ("NID", "PAS", "RES", "WRK", "BOR"), strict=True))
MULTIPLIER = 6_364_136_223  # prime, so that multiplying is one-to-one modulo any power of ten


def scrambled(place: Ints, space: int, key: int) -> Ints:
    """Map places below ``space`` to numbers below it, one to one."""
    return np.asarray(
        (place.astype(np.uint64) * np.uint64(MULTIPLIER) + np.uint64(key % space))
        % np.uint64(space)
    ).astype(np.int64)


def digits(number: Ints, width: int) -> Array:
    """Return the decimal digits, shape (n, width)."""
    return (number[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10).astype(np.uint8)


def with_luhn(body: Array) -> Array:
    """Append the check digit of Luhn."""
    doubled = body.astype(np.int64)
    doubled[:, ::-1][:, ::2] *= 2
    total = (doubled // 10 + doubled % 10).sum(axis=1)
    return np.column_stack([body, (10 - total % 10) % 10]).astype(np.uint8)


def with_citizen_check(body: Array) -> Array:
    """Append the check digit of a Thai citizen number to its first twelve."""
    total = (body.astype(np.int64) * np.arange(13, 1, -1)).sum(axis=1)
    return np.column_stack([body, (11 - total % 11) % 10]).astype(np.uint8)


def text(prefix: str, figures: Array) -> pa.Array:
    """Write rows of digits behind a prefix."""
    head = np.frombuffer(prefix.encode(), np.uint8)
    rows = np.column_stack([np.tile(head, (len(figures), 1)), figures + ord("0")])
    width = rows.shape[1]
    data = pa.py_buffer(np.ascontiguousarray(rows, np.uint8).tobytes())
    offsets = pa.py_buffer((np.arange(len(rows) + 1, dtype=np.int32) * width).tobytes())
    return pa.StringArray.from_buffers(len(rows), offsets, data)


def msisdns(place: Ints, key: int) -> pa.Array:
    number = scrambled(place, 3 * 10**8, key)
    first = np.array([6, 8, 9], np.uint8)[number // 10**8]
    return text("+66", np.column_stack([first, digits(number % 10**8, 8)]))


def imeis(place: Ints, key: int) -> pa.Array:
    number = scrambled(place, TYPE_CODES * 10**6, key)
    model = 35_000_000 + scrambled(number // 10**6, 10**6, key + 1)
    body = np.column_stack([digits(model, 8), digits(number % 10**6, 6)])
    return text("", with_luhn(body))


def iccids(place: Ints, key: int) -> pa.Array:
    """Cards of a desk's stock are consecutive, so serials keep their order."""
    serial = place + key % 10**11
    country = np.tile(np.array([8, 9, 6, 6], np.uint8), (len(place), 1))
    return text("", with_luhn(np.column_stack([country, digits(serial, 14)])))


def plain(prefix: str, width: int) -> Callable[[Ints, int], pa.Array]:
    def write(place: Ints, key: int) -> pa.Array:
        return text(prefix, digits(scrambled(place, 10**width, key), width))

    return write


WRITERS: dict[str, Callable[[Ints, int], pa.Array]] = {
    "msisdn": msisdns,
    "imei": imeis,
    "iccid": iccids,
    "dealer": plain("D-", 6),
    "clerk": plain("C-", 8),
    "device": plain("DEV-", 11),
    "address": plain("ADR-", 10),
    "face": plain("F-", 10),
    "wallet": plain("W-", 10),
    "account": plain("", 12),
    "email": plain("MAIL-", 10),
    "branch": plain("B-", 5),
    "payee": plain("", 12),
}


def documents(people: Population, known: Ints, place: Ints, key: int) -> pa.Array:
    """Write document numbers; one that was mistyped reads as a national one."""
    person = known.clip(0, people.count - 1)
    mistyped = known >= people.count
    kind = np.where(mistyped, 0, people.document[person])
    country = np.where(mistyped, 0, people.country[person])
    body = digits(10**11 + scrambled(place, 7 * 10**11, key), 12)
    national = text("TH-NID-", with_citizen_check(body))
    other = text("", digits(scrambled(place, 10**9, key), 9))
    papers = pa.array([PAPERS[each] for each in DOCUMENTS]).take(pa.array(kind))
    countries = pa.array(COUNTRIES).take(pa.array(country))
    foreign = pc.binary_join_element_wise(countries, papers, other, "-")
    return pc.if_else(pa.array(kind == 0), national, foreign)


def written(entity: str, columns: list[Ints], people: Population, key: int) -> list[pa.Array]:
    """Write one entity's columns of all products with one spelling for each thing."""
    joined = np.concatenate(columns)
    known, place = np.unique(joined, return_inverse=True)
    shuffled = np.random.default_rng([key, len(entity), ord(entity[0])]).permutation(len(known))
    if entity == "id_document":
        words = documents(people, known, shuffled, key)
    elif entity == "iccid":
        words = iccids(known.clip(0), key)
    else:
        words = WRITERS[entity](shuffled, key)
    edges = np.cumsum([len(each) for each in columns])[:-1]
    return [
        words.take(pa.array(each, mask=missing))
        for each, missing in zip(
            np.split(place, edges), np.split(absent(joined), edges), strict=True
        )
    ]


def absent(identifiers: Ints) -> Flags:
    return np.asarray(identifiers == NOBODY)


def references(first: int, count: int, key: int) -> pa.Array:
    """Write opaque references: a mixed counter, which neither order nor value can undo."""
    mixed = (np.arange(first, first + count, dtype=np.uint64) + np.uint64(key)) * np.uint64(
        0x9E3779B97F4A7C15
    )
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    nibbles = (
        mixed[:, None] >> (np.arange(15, -1, -1, dtype=np.uint64) * np.uint64(4))
    ) & np.uint64(15)
    letters = np.frombuffer(b"0123456789abcdef", np.uint8)[nibbles]
    return text("", letters - ord("0"))
