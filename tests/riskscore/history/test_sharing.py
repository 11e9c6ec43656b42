"""What an agreement lets through online is what the definition says, and nothing else is."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from riskscore.decision.outcomes import accept
from riskscore.history.counting import note_scores
from riskscore.history.desk import Desk, arrivals_of
from riskscore.history.plan import plan
from riskscore.history.recording import record
from riskscore.history.sharing import terms_of
from riskscore.history.store import Store
from riskscore.product.application import Application as Sent
from riskscore.product.moments import now
from riskscore.product.outcome import Outcome as FoundOut
from riskscore.product.past import Known
from tests import databases
from tests.history.oracle import Answer, Application, Outcome, Sharing, answer
from tests.history.products import PARCEL, VISIT
from tests.history.sharing import EVER, agreed, dense, sharings
from tests.history.streams import START, Stream
from tests.riskscore.history.test_definition import blank, opened, sqlite_store
from tests.riskscore.history.test_replay import same

__all__ = ["blank"]  # a fixture
PRODUCTS = {"parcel": PARCEL, "visit": VISIT}
PAST = (EVER[0], START)

Opening = Callable[[], AbstractContextManager[Store]]


@pytest.fixture(params=["sqlite", "postgresql"])
def opening(request: pytest.FixtureRequest, blank: Path, postgresql_server: str) -> Opening:
    """Open a new store, of either kind."""

    @contextmanager
    def on_sqlite() -> Iterator[Store]:
        with sqlite_store(blank, None) as store:
            yield store
            store.let_go()

    @contextmanager
    def on_postgresql() -> Iterator[Store]:
        with databases.new_database(postgresql_server, f"shared_{uuid4().hex}") as url:
            store = opened(url, blank, None)
            yield store
            store.let_go()

    return on_sqlite if request.param == "sqlite" else on_postgresql


def share(store: Store, shared: list[Sharing]) -> None:
    store.book.agreements = tuple(agreed(each) for each in shared)
    store.book.path = None


def lasting(shared: list[Sharing]) -> list[Sharing]:
    """Let what is in force in the stream be in force on our clock, too."""
    return [each if each.ends <= START else replace(each, ends=2**62) for each in shared]


def follow(store: Store, stream: Stream, shared: list[Sharing]) -> list[str]:
    """Let everything happen in order of receipt, and say what was seen otherwise than defined."""
    came: list[Application] = []
    found: list[Outcome] = []
    wrong: list[str] = []
    steps: list[Application | Outcome] = [*stream.applications, *stream.outcomes]
    steps.sort(key=lambda each: each.receipt)
    for step in steps:
        if step.product not in PRODUCTS:
            continue
        if isinstance(step, Outcome):
            found += [step] if reported(store, step) else []
            continue
        came.append(step)
        for name, known in history(store, step).items():
            [column] = [each for each in PRODUCTS[step.product].history if each.name == name]
            right = answer(column, step, came, found, None, shared)
            if not same(Answer(value=known.value, gap=known.gap), right):
                wrong.append(f"{step}: {name}: {known} for {right}")
    return wrong


def history(store: Store, step: Application) -> dict[str, Known]:
    """Let an application in, and return what it saw."""
    asked = plan(PRODUCTS[step.product], PRODUCTS, store.engine.dialect, watching=PRODUCTS.values())
    terms = terms_of(store, asked, step.tenant, now())
    arrivals = arrivals_of(store, step.tenant, [as_sent(step)], terms)
    with store.writing() as connection:
        desk = Desk(
            connection=connection,
            store=store,
            plan=asked,
            tenant=step.tenant,
            received_at=now(),
            terms=terms,
        )
        [recorded] = record(desk, arrivals)
        if recorded.event is not None:
            note_scores(connection, {recorded.event: int(step.score or 0)})
    return dict(recorded.history)


def as_sent(step: Application) -> Sent:
    product = PRODUCTS[step.product]
    inputs, kinds = {each.name for each in product.inputs}, {each.name for each in product.entities}
    return Sent(
        reference=step.reference,
        occurred_at=step.occurred,
        purpose="onboard",
        entities={name: each for name, each in step.entities.items() if name in kinds},
        since={},
        features={name: each for name, each in step.features.items() if name in inputs},
    )


def reported(store: Store, step: Outcome) -> bool:
    said: Any = {"status": step.status, "source": "reported", "known_at": step.known}
    outcome = FoundOut(**said, product=step.product, reference=step.reference)
    [stored] = accept(store, [outcome], tenant=step.tenant)
    return not isinstance(stored, Exception)


@pytest.mark.parametrize("seed", range(2))
def test_every_value_is_that_of_the_definition(opening: Opening, seed: int) -> None:
    shared = lasting(sharings(EVER))

    with opening() as store:
        share(store, shared)
        assert follow(store, dense(seed, received=START), shared) == []


def test_what_an_agreement_let_through_is_unknown_once_it_is_over(opening: Opening) -> None:
    shared = sharings(PAST)

    with opening() as store:
        share(store, shared)
        assert follow(store, dense(4, received=START), shared) == []


def test_without_an_agreement_no_tenant_sees_another(opening: Opening) -> None:
    stream = dense(5, received=START)
    alone = Stream(
        [each for each in stream.applications if each.tenant == "default"],
        [each for each in stream.outcomes if each.tenant == "default"],
    )

    with opening() as store, opening() as other:
        assert follow(store, stream, []) == follow(other, alone, []) == []
        assert seen(store, stream) == seen(other, stream)


def seen(store: Store, stream: Stream) -> dict[str, Known]:
    last = [each for each in stream.applications if each.product == "parcel"][-1]
    return history(store, replace(last, tenant="default", reference="new"))
