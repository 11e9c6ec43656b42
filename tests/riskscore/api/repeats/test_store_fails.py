"""An Idempotency-Key while the store fails, for one request or in the middle of a batch."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

from flask.testing import FlaskClient

from riskscore.api.served import EXTENSION
from riskscore.app import create_app
from riskscore.decision.ledger import TOGETHER
from riskscore.history import entities
from riskscore.history.entities import lock_of
from riskscore.history.schema import decision, kept_answer
from riskscore.history.store import Store
from riskscore.settings import Settings
from tests.riskscore.api.repeats.conftest import (
    BATCH,
    SCORES,
    Json,
    number_of,
    replayed,
    same,
    send,
)


def test_a_store_that_fails_keeps_nothing_under_a_key(
    store_settings: Settings, store: Store, valid: Json
) -> None:
    answering = replace(store_settings, store_timeout=1, on_store_failure="answer")
    rows = {"applications": [valid, {"reference": "bad"}]}
    app = create_app(answering)
    with closing(app.extensions[EXTENSION].store):
        client = app.test_client()
        with out_of_reach(store):
            unaided = send(client, SCORES, valid, "k-1").get_json()
            some = send(client, BATCH, rows, "k-2").get_json()["results"]
        aided = send(client, SCORES, valid, "k-1")

    assert "decision_id" not in unaided
    assert "decision_id" not in some[0]
    assert some[1]["problem"]["status"] == 422
    assert "decision_id" in aided.get_json()
    assert not replayed(aided)
    assert number_of(store, decision) == number_of(store, kept_answer) == 1


def test_a_batch_that_the_store_broke_off_goes_on_under_its_key(
    store_settings: Settings, store: Store, valid: Json
) -> None:
    rows = [valid | {"reference": f"A-{place}"} for place in range(TOGETHER * 3)]
    app = create_app(replace(store_settings, store_timeout=1))
    with closing(app.extensions[EXTENSION].store):
        client = app.test_client()
        with failing_after(1, store, client, rows):
            before = number_of(store, decision)
            broken = send(client, BATCH, {"applications": rows}, "k-1")
        whole = send(client, BATCH, {"applications": rows}, "k-1")
        again = send(client, BATCH, {"applications": rows}, "k-1")

    told, results = (each.get_json()["results"] for each in (broken, whole))
    assert [each.get("problem", {}).get("status") for each in told] == (
        [None] * TOGETHER + [503] * TOGETHER * 2
    )
    assert results[:TOGETHER] == told[:TOGETHER]
    assert not replayed(whole)
    assert same(whole, again)
    assert number_of(store, decision) == before + len(rows)


def test_a_lost_store_refuses_an_application_for_what_is_wrong_with_it(
    store_settings: Settings, store: Store
) -> None:
    app = create_app(replace(store_settings, store_timeout=1))
    with closing(app.extensions[EXTENSION].store), out_of_reach(store):
        response = send(app.test_client(), SCORES, {"reference": "A-1"}, "k-1")

    assert response.status_code == 422


@contextmanager
def out_of_reach(store: Store) -> Iterator[None]:
    """Hold what every writer needs."""
    with store.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE stream, kept_answer")
        yield


@contextmanager
def failing_after(
    chunks: int, store: Store, client: FlaskClient, rows: list[Json]
) -> Iterator[None]:
    """Let the store fail once so many chunks of these rows are stored: full, or locked."""
    if store.engine.dialect.name == "postgresql":
        reference = rows[chunks * TOGETHER]["reference"]
        held = lock_of(store.keys_of("default"), "phone_subscription", reference)
        with store.writing() as connection:
            entities.lock(connection, [held])
            yield
        return
    full: Store = client.application.extensions[EXTENSION].store
    before = pages(full)
    like = [each | {"reference": f"like {each['reference']}"} for each in rows[:TOGETHER]]
    send(client, BATCH, {"applications": like}, "like")
    growth = pages(full) - before
    limit_pages(full, pages(full) + int(growth * (chunks + 0.5)))
    yield
    limit_pages(full, 1_000_000)


def pages(store: Store) -> int:
    with store.reading() as connection:
        return int(connection.exec_driver_sql("PRAGMA page_count").scalar() or 0)


def limit_pages(store: Store, most: int) -> None:
    with store.writing() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")
