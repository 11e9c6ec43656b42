"""Bodies to send: one JSON document a line, with ``@`` where the sender puts a reference.

Every contender is sent the same fifty values in the form that it asks for. Ours, and the echo of
the same body, get 38 of them and the identifiers from which the other twelve are looked up.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, assert_never

import numpy as np
from stdnum import luhn

from bench.sale import SENT
from bench.store import WINDOWS
from riskscore.product.moments import now, rfc3339
from riskscore.product.spec import Category, Entity, Flag, Input, Integer, Number, Product

BODIES = 10_000
KNOWN = 20_000  # identifiers of a kind that a store was filled with, where it has as many
REPEATED = {"document": 0.6, "device": 0.7, "phone": 0.2, "dealer": 1.0}
BUSY = {"dealer": 200, "clerk": 100}  # applications of one; of any other identifier four
MISSING = 0.05
SECOND = 1_000_000
REFERENCE = "@"
Body = dict[str, Any]
Row = tuple[float | None, ...]


def known(kind: str, place: int) -> str:
    """Name an identifier that a filled store has seen."""
    return f"known-{kind}-{place}"


def rows(*, seed: int = 0) -> Iterator[Row]:
    """Draw the fifty values: columns as they were fitted on, counts where windows are."""
    rng = np.random.default_rng(seed)
    for _ in range(BODIES):
        sent = [None if rng.random() < MISSING else round(rng.normal(), 4) for _ in range(SENT)]
        yield (*sent, *(float(each) for each in rng.poisson(2, len(WINDOWS))))


def sale_bodies(names: Mapping[str, int], *, seed: int = 1) -> Iterator[Body]:
    """Ask as a desk would: customers partly known, the dealer always.

    Args:
        names: How many identifiers of each kind the store knows by ``known``.
        seed: Of the choice.
    """
    rng = np.random.default_rng(seed)
    for place, row in enumerate(rows()):
        entities = {
            kind: known(kind, int(rng.integers(count)))
            if rng.random() < REPEATED[kind]
            else f"new-{kind}-{place}"
            for kind, count in names.items()
        }
        yield framed(entities, {f"f{column}": value for column, value in enumerate(row[:SENT])})


def framed(entities: Mapping[str, str], features: Mapping[str, Any]) -> Body:
    return {
        "reference": REFERENCE,
        "occurred_at": rfc3339(now() - SECOND),
        "purpose": "onboard",
        "entities": entities,
        "features": features,
    }


def named_bodies() -> Iterator[Body]:
    """Name all fifty values, for services that keep no history."""
    for row in rows():
        features = {f"f{column}": value for column, value in enumerate(row)}
        yield {"reference": REFERENCE, "features": features}


def v2_bodies() -> Iterator[Body]:
    """Speak the V2 inference protocol, which knows no missing value: 0 stands for it."""
    for row in rows():
        values = [value or 0.0 for value in row]
        columns = {"name": "columns", "shape": [1, len(row)], "datatype": "FP32", "data": values}
        yield {"id": REFERENCE, "inputs": [columns]}


def list_bodies() -> Iterator[Body]:
    """Send a bare list of numbers, 0 where one is missing, beside the reference."""
    for row in rows():
        yield {"reference": REFERENCE, "features": [value or 0.0 for value in row]}


def product_bodies(product: Product, *, seed: int = 2) -> Iterator[Body]:
    """Draw applications of any product from its declaration, identifiers partly met before."""
    rng = np.random.default_rng(seed)
    for _ in range(BODIES):
        entities = {each.name: identifier(each, rng) for each in product.entities}
        features = {each.name: drawn(each, rng) for each in product.inputs}
        yield framed(entities, features)


def identifier(entity: Entity, rng: np.random.Generator) -> str:
    """Draw one of so many that each comes back as often as its kind does, in one replay."""
    place = int(rng.integers(BODIES // BUSY.get(entity.name, 4)))
    match entity.format:
        case "plain":
            return f"{entity.name}-{place}"
        case "e164":
            return f"+6681{place:07}"
        case "imei":
            return checked(f"49015420{place:06}")
        case "iccid":
            return checked(f"896601{place:012}")
        case "iban":
            raise AssertionError("no product that is measured has an account number")
        case _:
            assert_never(entity.format)


def checked(digits: str) -> str:
    return digits + str(luhn.calc_check_digit(digits))


def drawn(feature: Input, rng: np.random.Generator) -> float | bool | str | None:
    if feature.missing and rng.random() < MISSING:
        return None
    low_heavy = rng.random() ** 3
    match feature:
        case Number(low=low, high=high):
            return round(low + (high - low) * low_heavy, 4)
        case Integer(low=low, high=high):
            return int(low + (high - low) * low_heavy)
        case Flag():
            return bool(rng.integers(2))
        case Category(values=words):
            return words[int(rng.integers(len(words)))]
        case _:
            assert_never(feature)


def write(path: Path, bodies: Iterable[Body]) -> Path:
    """Write bodies as lines; none may hold the mark of the reference twice."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        for body in bodies:
            file.write(json.dumps(body, separators=(",", ":")) + "\n")
    return path
