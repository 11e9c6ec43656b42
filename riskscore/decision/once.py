"""Decide and accept at most once for each key that a caller gives a request.

Under its key a request is answered as it was before, byte for byte, as far as it was answered: only
what is left of it is done, and kept in the transaction that does it. Twins wait for each other.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from riskscore.decision.ledger import (
    Decided,
    Judge,
    decide_within,
    decide_without_store,
    desk_of,
)
from riskscore.decision.outcomes import Accepted, accept_within
from riskscore.errors import (
    AskedAboutTooOften,
    RequestError,
    StoreUnavailable,
    UnknownReference,
)
from riskscore.history.desk import arrivals_of
from riskscore.history.kept import Answer, Repeatable, answered, claim_of, keep
from riskscore.history.quotas import Limits
from riskscore.history.sharing import terms_of
from riskscore.history.store import Store
from riskscore.product.application import Application
from riskscore.product.moments import now
from riskscore.product.outcome import Outcome


class Said(NamedTuple):
    """One answer as JSON, and whether it was given before."""

    content: bytes
    before: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Who is told, and how.

    Attributes:
        language: Of the reason texts.
        limits: What the caller may ask in a day; None without limit.
        say: Writes an answer.
    """

    tenant: str
    language: str
    limits: Limits | None
    say: Callable[[Application, Decided], bytes]


def decide_once(
    judge: Judge, rows: Mapping[int, Application | None], sent: Repeatable, told: Telling
) -> Mapping[int, Said | RequestError]:
    """Score applications of one product in one transaction, but for those answered before.

    Args:
        judge: Model and store.
        rows: Place in the request -> application, in this order; None where it would be refused.
            At most ``TOGETHER``, next to each other.
        sent: What the whole request is known by.
        told: Whose applications they are, and what becomes of the answers.

    Returns:
        The answers by place. Of what is refused there is one only if it was answered before; of
        what the caller may not ask, the error.

    Raises:
        KeyInUse: Others answered under this key all the while.
        KeyReused: Something else was asked under it.
        QuotaExceeded: The caller asks more than it may in a day.
        StoreUnavailable: The store failed, and we do not answer without it.
    """
    good = {place: each for place, each in rows.items() if each is not None}
    try:
        return _decide_once(judge, rows, good, sent, told)
    except StoreUnavailable:
        if not judge.store.optional:
            raise
    decided = decide_without_store(judge, [*good.values()], language=told.language)
    return together({}, told, good, dict(zip(good, decided, strict=True)))


def _decide_once(
    judge: Judge,
    rows: Mapping[int, Application | None],
    good: Mapping[int, Application],
    sent: Repeatable,
    told: Telling,
) -> Mapping[int, Said | RequestError]:
    claim = claim_of(judge.store, told.tenant, sent)
    terms = terms_of(judge.store, judge.plan, told.tenant, now())
    arrived = arrivals_of(judge.store, told.tenant, good.values(), terms)
    arrivals = dict(zip(good, arrived, strict=True))
    with judge.store.writing() as connection:
        found = answered(connection, claim, rows)
        left = {place: each for place, each in arrivals.items() if place not in found}
        desk = desk_of(connection, judge, tenant=told.tenant, terms=terms, limits=told.limits)
        decided = decide_within(desk, judge.bundle, [*left.values()], language=told.language)
        made = dict(zip(left, decided, strict=True))
        said = together(found, told, good, made)
        keep(connection, claim, _kept(judge, good, made, said))
    return said


def _kept(
    judge: Judge,
    good: Mapping[int, Application],
    made: Mapping[int, Decided | RequestError],
    said: Mapping[int, Said | RequestError],
) -> Iterator[Answer]:
    """Give the answers that say what was stored."""
    product = judge.bundle.product.name
    for place, each in made.items():
        told = said[place]
        if isinstance(each, Decided) and each.decision_id and isinstance(told, Said):
            yield Answer(place, product, good[place].reference, told.content)


def together(
    found: Mapping[int, bytes],
    told: Telling,
    good: Mapping[int, Application],
    made: Mapping[int, Decided | AskedAboutTooOften],
) -> dict[int, Said | RequestError]:
    """Put what was answered before beside what is answered now."""
    said: dict[int, Said | RequestError] = {
        place: Said(content, before=True) for place, content in found.items()
    }
    for place, each in made.items():
        if isinstance(each, AskedAboutTooOften):
            said[place] = each
        else:
            said[place] = Said(told.say(good[place], each), before=False)
    return said


def accept_once(
    store: Store,
    rows: Mapping[int, Outcome | None],
    sent: Repeatable,
    *,
    tenant: str,
    say: Callable[[Accepted], bytes],
) -> dict[int, Said | UnknownReference]:
    """Store outcomes in one transaction, but for those answered before.

    Args:
        store: Where.
        rows: As in ``decide_once``.
        sent: What the whole request is known by.
        tenant: Whose outcomes they are.
        say: Writes an answer.

    Returns:
        The answers by place, as from ``decide_once``; what speaks of nothing is not kept.

    Raises:
        KeyInUse, KeyReused: As from ``decide_once``.
        StoreUnavailable: The store failed; nothing was stored.
    """
    claim, keys = claim_of(store, tenant, sent), store.keys_of(tenant)
    with store.writing() as connection:
        found = answered(connection, claim, rows)
        left = {place: each for place, each in rows.items() if each and place not in found}
        accepted = accept_within(connection, keys, [*left.values()], tenant=tenant)
        made = dict(zip(left, accepted, strict=True))
        answers = [
            Answer(place, each.product, each.reference, say(each))
            for place, each in made.items()
            if isinstance(each, Accepted)
        ]
        keep(connection, claim, answers)
    before = {place: Said(content, before=True) for place, content in found.items()}
    now_said = {each.place: Said(each.content, before=False) for each in answers}
    unknown = {place: each for place, each in made.items() if isinstance(each, UnknownReference)}
    return {**before, **now_said, **unknown}
