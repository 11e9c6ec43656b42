"""Decide and accept at most once for each key that a caller gives a request.

Under its key a request is answered as it was before, byte for byte, as far as it was answered: only
what is left of it is done, and kept in the transaction that does it. Twins wait for each other.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from riskscore.decision.ledger import (
    Decided,
    Judge,
    decide_within,
    decide_without_store,
)
from riskscore.decision.outcomes import Accepted, accept_within
from riskscore.errors import StoreUnavailable, UnknownReference
from riskscore.history.kept import Answer, Repeatable, answered, claim_of, keep
from riskscore.history.recording import arrivals_of
from riskscore.history.store import Store
from riskscore.product.application import Application
from riskscore.product.outcome import Outcome


class Said(NamedTuple):
    """One answer as JSON, and whether it was given before."""

    content: bytes
    before: bool


def decide_once(  # noqa: PLR0913 - keywords of one act
    judge: Judge,
    rows: Mapping[int, Application | None],
    sent: Repeatable,
    *,
    tenant: str,
    language: str,
    say: Callable[[Application, Decided], bytes],
) -> dict[int, Said]:
    """Score applications of one product in one transaction, but for those answered before.

    Args:
        judge: Model and store.
        rows: Place in the request -> application, in this order; None where it would be refused.
            At most ``TOGETHER``, next to each other.
        sent: What the whole request is known by.
        tenant: Whose applications they are.
        language: Of the reason texts.
        say: Writes an answer.

    Returns:
        The answers by place. Of what is refused there is one only if it was answered before.

    Raises:
        KeyInUse: Others answered under this key all the while.
        KeyReused: Something else was asked under it.
        StoreUnavailable: The store failed, and we do not answer without it.
    """
    good = {place: each for place, each in rows.items() if each is not None}
    try:
        claim = claim_of(judge.store, tenant, sent)
        arrivals = dict(zip(good, arrivals_of(judge.store, tenant, good.values()), strict=True))
        with judge.store.writing() as connection:
            found = answered(connection, claim, rows)
            left = {place: each for place, each in arrivals.items() if place not in found}
            decided = decide_within(
                connection, judge, [*left.values()], tenant=tenant, language=language
            )
            made = dict(zip(left, decided, strict=True))
            said = {place: say(good[place], each) for place, each in made.items()}
            product = judge.bundle.product.name
            stored = [place for place, each in made.items() if each.decision_id]
            keep(
                connection,
                claim,
                [Answer(place, product, good[place].reference, said[place]) for place in stored],
            )
        return together(found, said)
    except StoreUnavailable:
        if not judge.store.optional:
            raise
    decided = decide_without_store(judge, [*good.values()], language=language)
    made = dict(zip(good, decided, strict=True))
    return together({}, {place: say(good[place], each) for place, each in made.items()})


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
    claim = claim_of(store, tenant, sent)
    with store.writing() as connection:
        found = answered(connection, claim, rows)
        left = {place: each for place, each in rows.items() if each and place not in found}
        accepted = accept_within(connection, store.key, [*left.values()], tenant=tenant)
        made = dict(zip(left, accepted, strict=True))
        answers = [
            Answer(place, each.product, each.reference, say(each))
            for place, each in made.items()
            if isinstance(each, Accepted)
        ]
        keep(connection, claim, answers)
    unknown = {place: each for place, each in made.items() if isinstance(each, UnknownReference)}
    return {**together(found, {each.place: each.content for each in answers}), **unknown}


def together(found: Mapping[int, bytes], made: Mapping[int, bytes]) -> dict[int, Said]:
    before = {place: Said(content, before=True) for place, content in found.items()}
    return before | {place: Said(content, before=False) for place, content in made.items()}
