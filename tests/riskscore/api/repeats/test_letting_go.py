"""How long an answer is kept under its Idempotency-Key."""

from flask.testing import FlaskClient
from sqlalchemy import update

from riskscore.history.kept import LASTING, SWEEP_EVERY
from riskscore.history.retention import Old, forget, purge
from riskscore.history.schema import kept_answer
from riskscore.history.store import Store
from riskscore.history.subjects import find_subject
from riskscore.product.moments import now
from riskscore.product.spec import Product
from tests.riskscore.api.repeats.conftest import (
    BATCH,
    OUTCOMES,
    SAID,
    SCORES,
    Json,
    number_of,
    replayed,
    send,
)


def test_forgetting_a_person_forgets_what_was_kept_for_it(
    app_client: FlaskClient, store: Store, product: Product, valid: Json
) -> None:
    other = valid | {"reference": "A-2", "entities": {"document": "TH-NID-3100600112233"}}
    rows = {"applications": [valid, other]}
    first = send(app_client, BATCH, rows, "k-1")
    send(app_client, OUTCOMES, SAID | {"reference": "A-1"}, "k-2")
    kind = next(each for each in product.entities if each.name == "document")

    for _ in forget(store, [*find_subject(store, kind, "TH-NID-1101700203451").values()]):
        pass

    again = send(app_client, BATCH, rows, "k-1")
    results = [each.get_json()["results"] for each in (first, again)]
    assert results[0][0]["decision_id"] != results[1][0]["decision_id"]
    assert results[0][1] == results[1][1]
    assert number_of(store, kept_answer) == 2


def test_answers_are_kept_for_a_day_and_then_let_go(
    app_client: FlaskClient, store: Store, valid: Json
) -> None:
    send(app_client, SCORES, valid, "young")
    send(app_client, SCORES, valid, "old")
    aged(store, 2, LASTING + 1_000_000)
    aged(store, 1, LASTING - 60_000_000)

    assert replayed(send(app_client, SCORES, valid, "young"))
    for number in range(SWEEP_EVERY):
        send(app_client, SCORES, valid, f"k-{number}")

    assert number_of(store, kept_answer) == SWEEP_EVERY + 1
    assert replayed(send(app_client, SCORES, valid, "young"))
    assert not replayed(send(app_client, SCORES, valid, "old"))


def test_a_purge_lets_go_of_answers_that_were_kept_long_enough(
    app_client: FlaskClient, store: Store, valid: Json
) -> None:
    for number in range(3):
        send(app_client, SCORES, valid, f"k-{number}")
    aged(store, 1, LASTING + 1_000_000)

    for _ in purge(store, Old(0)):
        pass

    assert number_of(store, kept_answer) == 2


def aged(store: Store, number: int, age: int) -> None:
    """Make an answer older; its age in microseconds."""
    with store.writing() as connection:
        older = update(kept_answer).values(kept_at=now() - age)
        connection.execute(older.where(kept_answer.c.id == number))
