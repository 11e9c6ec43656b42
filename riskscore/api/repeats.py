"""Idempotency-Key: a request that is sent again under its key is answered as it was before."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any, TypeVar

import orjson

from riskscore.api.exchange import at_hand
from riskscore.api.problems import problem_of
from riskscore.decision.once import Said
from riskscore.errors import BadHeader, QuotaExceeded, RequestError, StoreUnavailable
from riskscore.history.kept import Repeatable

FORM = re.compile(r"[\x21-\x7e]{1,255}")
SORTED = orjson.OPT_SORT_KEYS

Json = dict[str, Any]
T = TypeVar("T")
Act = Callable[[Mapping[int, T | None]], Mapping[int, Said | RequestError]]


def repeatable(body: Json, spoken: str) -> Repeatable | None:
    """Read the key of a request, if it has one, and what is asked under it.

    The same is asked by the same JSON on the same path in the same language, however the JSON is
    spaced and whatever the order of its members.

    Raises:
        BadHeader: The key is malformed.
    """
    exchange = at_hand()
    key = exchange.environ.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return None
    if not FORM.fullmatch(key):
        raise BadHeader("Idempotency-Key: expected 1 to 255 visible ASCII characters")
    asked = f"{exchange.path}\n{spoken}\n".encode() + orjson.dumps(body, option=SORTED)
    return Repeatable(key, sha256(asked).hexdigest())


def answer_once(read: Callable[[], T], act: Act[T]) -> orjson.Fragment:
    """Answer one row, or give its answer again, even if we would refuse it by now.

    Args:
        read: Judges the row.
        act: Answers rows by place, but for those answered before; None is a refused row.

    Raises:
        RequestError: It is refused.
    """
    try:
        row = read()
    except RequestError:
        with suppress(StoreUnavailable):
            if before := act({0: None}):
                return alone(before)
        raise
    return alone(act({0: row}))


def alone(said: Mapping[int, Said | RequestError]) -> orjson.Fragment:
    [each] = said.values()
    if isinstance(each, RequestError):
        raise each
    note(said)
    return orjson.Fragment(each.content)


def results_once(
    read: Sequence[T | Json], together: int, act: Act[T], lost: Callable[[T], Json]
) -> list[Json | orjson.Fragment]:
    """Answer a batch chunk by chunk; once the store fails, the rest is told so without trying.

    Args:
        read: The rows; a refused one is what is said of it.
        together: Rows in a chunk.
        act: As in ``answer_once``.
        lost: Names a row that the store failed.
    """
    results: list[Any] = [*read]
    said: dict[int, Said | RequestError] = {}
    for start in range(0, len(read), together):
        chunk = enumerate(read[start : start + together], start)
        try:
            said |= act({place: None if isinstance(row, dict) else row for place, row in chunk})
        except (StoreUnavailable, QuotaExceeded) as error:
            problem = {"problem": problem_of(error)}
            left = read[start:]
            results[start:] = [
                row if isinstance(row, dict) else lost(row) | problem for row in left
            ]
            break
    note(said)
    for place, each in said.items():
        results[place] = shown(each)
    return results


def note(said: Mapping[int, Said | RequestError]) -> None:
    """Note whether all that we answer was answered before."""
    kept = [each for each in said.values() if isinstance(each, Said)]
    at_hand().replayed = (bool(kept) and all(each.before for each in kept)) or None


def shown(said: Said | RequestError) -> Json | orjson.Fragment:
    if isinstance(said, RequestError):
        return {"problem": problem_of(said)}
    return orjson.Fragment(said.content)
