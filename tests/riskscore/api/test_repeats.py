"""Idempotency-Key on every write, as a caller sees it, on each database."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from riskscore.api.served import EXTENSION
from riskscore.app import create_app
from riskscore.decision.ledger import TOGETHER
from riskscore.history import entities
from riskscore.history.entities import lock_of
from riskscore.history.kept import LASTING, SWEEP_EVERY, Repeatable, claim_of, lock
from riskscore.history.retention import Old, forget, purge
from riskscore.history.schema import decision, kept_answer, outcome
from riskscore.history.store import Store, store_from
from riskscore.history.subjects import find_subject
from riskscore.product.moments import now
from riskscore.product.spec import Product
from riskscore.settings import Settings
from tests.databases import files_of

Json = dict[str, Any]
SCORES = "/v1/phone-subscription/scores"
BATCH = f"{SCORES}/batch"
OUTCOMES = "/v1/outcomes"
SAID: Json = {"status": "confirmed", "source": "investigated", "product": "phone_subscription"}


@pytest.fixture
def app_client(store_settings: Settings) -> Iterator[FlaskClient]:
    app = create_app(store_settings)
    with closing(app.extensions[EXTENSION].store):
        yield app.test_client()


@pytest.fixture
def store(store_settings: Settings) -> Iterator[Store]:
    with closing(store_from(store_settings)) as opened:
        opened.open()
        yield opened


def send(client: FlaskClient, path: str, body: Json, key: str, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(path, json=body, headers={"Idempotency-Key": key, **named})


def number_of(store: Store, table: Any) -> int:
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def replayed(response: TestResponse) -> bool:
    return response.headers.get("Idempotency-Replayed") == "true"


def same(first: TestResponse, again: TestResponse) -> bool:
    headers = ("Content-Type", "Content-Language", "Vary")
    told = [[each.headers.get(name) for name in headers] for each in (first, again)]
    return (first.status, first.data, told[0]) == (again.status, again.data, told[1])


def test_a_score_sent_again_is_the_same_answer_and_one_decision(
    app_client: FlaskClient, store: Store, valid: Json
) -> None:
    first, again = (send(app_client, SCORES, valid, "k-1", Accept_Language="th") for _ in "12")

    assert first.status_code == 200
    assert same(first, again)
    assert (replayed(first), replayed(again)) == (False, True)
    assert number_of(store, decision) == 1


def test_without_a_key_each_call_is_a_decision(
    app_client: FlaskClient, store: Store, valid: Json
) -> None:
    answers = [app_client.post(SCORES, json=valid) for _ in range(2)]

    assert answers[0].data != answers[1].data
    assert number_of(store, decision) == 2
    assert number_of(store, kept_answer) == 0


def test_a_batch_sent_again_is_the_same_answer(
    app_client: FlaskClient, store: Store, valid: Json
) -> None:
    rows: list[Any] = [valid | {"reference": f"A-{place}"} for place in range(TOGETHER * 2 + 3)]
    rows[0], rows[7], rows[TOGETHER] = {"reference": "bad"}, 5, valid | {"features": {}}

    first, again = (send(app_client, BATCH, {"applications": rows}, "k-1") for _ in "12")

    assert first.status_code == 200
    assert same(first, again)
    assert (replayed(first), replayed(again)) == (False, True)
    assert number_of(store, decision) == len(rows) - 3


def test_an_answer_under_a_key_is_the_answer_without_one(
    app_client: FlaskClient, valid: Json
) -> None:
    rows = [valid, valid | {"reference": "A-2", "purpose": "test"}, {"reference": "bad"}]
    kept = send(app_client, BATCH, {"applications": rows}, "k-1").get_json()
    plain = app_client.post(BATCH, json={"applications": rows}).get_json()

    for each in (*kept["results"], *plain["results"]):
        for name in ("decision_id", "scored_at", "elapsed_ms", "data_quality"):
            each.pop(name, None)
    assert kept == plain


def test_outcomes_sent_again_are_the_same_answer_and_stored_once(
    app_client: FlaskClient, store: Store, valid: Json
) -> None:
    app_client.post(SCORES, json=valid)
    alone = SAID | {"reference": "A-1"}
    many = {"outcomes": [alone, SAID | {"reference": "never"}, {"status": "guilty"}, alone]}

    first, again = (send(app_client, OUTCOMES, alone, "k-1") for _ in "12")
    firsts, agains = (send(app_client, OUTCOMES, many, "k-2") for _ in "12")

    assert (first.status_code, firsts.status_code) == (201, 200)
    assert same(first, again)
    assert same(firsts, agains)
    assert [replayed(each) for each in (first, again, firsts, agains)] == [False, True] * 2
    assert [set(each) == {"problem"} for each in firsts.get_json()["results"]] == [
        False,
        True,
        True,
        False,
    ]
    assert number_of(store, outcome) == 3


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (SCORES, {"reference": "A-2"}),
        (SCORES, {"purpose": "test"}),
        (SCORES, {"features": {}}),
        (BATCH, {}),
    ],
)
def test_a_key_stands_for_one_request(
    app_client: FlaskClient, store: Store, valid: Json, path: str, change: Json
) -> None:
    send(app_client, SCORES, valid, "k-1")
    body = valid | change if path == SCORES else {"applications": [valid]}

    response = send(app_client, path, body, "k-1")

    assert response.status_code == 422
    assert response.get_json()["type"] == "/problems/key-reused"
    assert number_of(store, decision) == 1


def test_a_key_stands_for_one_language(app_client: FlaskClient, valid: Json) -> None:
    send(app_client, SCORES, valid, "k-1", Accept_Language="en")

    assert send(app_client, SCORES, valid, "k-1", Accept_Language="th").status_code == 422


def test_a_key_of_a_batch_stands_for_it_though_its_first_rows_were_refused(
    app_client: FlaskClient, store: Store, valid: Json
) -> None:
    rows = [{"reference": "bad"}] * TOGETHER + [valid]
    send(app_client, BATCH, {"applications": rows}, "k-1")

    response = send(app_client, BATCH, {"applications": [valid]}, "k-1")

    assert response.status_code == 422
    assert number_of(store, decision) == 1


def test_the_same_json_in_another_spelling_is_the_same_request(
    app_client: FlaskClient, valid: Json
) -> None:
    first = send(app_client, SCORES, valid, "k-1")

    again = send(app_client, SCORES, dict(reversed(valid.items())), "k-1")

    assert same(first, again)
    assert replayed(again)


def test_what_was_refused_is_judged_anew(
    app_client: FlaskClient, store: Store, valid: Json
) -> None:
    assert send(app_client, SCORES, {"reference": "A-1"}, "k-1").status_code == 422
    said = SAID | {"reference": "A-1"}
    assert send(app_client, OUTCOMES, said, "k-2").status_code == 404

    assert send(app_client, SCORES, valid, "k-1").status_code == 200
    assert send(app_client, OUTCOMES, said, "k-2").status_code == 201
    assert number_of(store, outcome) == 1


def test_what_was_answered_is_answered_though_it_would_be_refused_by_now(
    app_client: FlaskClient, store_settings: Settings, valid: Json
) -> None:
    soon = valid | {"occurred_at": "2090-01-01T00:00:00Z"}
    rows = {"applications": [{"reference": "bad"}, soon]}
    trusting = create_app(store_settings)
    trusting.extensions[EXTENSION].store.tolerance = 10**16
    with closing(trusting.extensions[EXTENSION].store):
        first = send(trusting.test_client(), SCORES, soon, "k-1")
        firsts = send(trusting.test_client(), BATCH, rows, "k-2")

    assert first.status_code == 200
    assert app_client.post(SCORES, json=soon).status_code == 422
    assert same(first, send(app_client, SCORES, soon, "k-1"))
    assert same(firsts, send(app_client, BATCH, rows, "k-2"))


def test_a_test_stores_nothing_under_its_key(
    app_client: FlaskClient, store: Store, valid: Json
) -> None:
    asked = valid | {"purpose": "test"}

    answers = [send(app_client, SCORES, asked, "k-1") for _ in range(2)]
    mixed = {"applications": [asked, valid, asked]}
    first, again = (send(app_client, BATCH, mixed, "k-2").get_json()["results"] for _ in "12")

    assert not any(map(replayed, answers))
    assert first[1] == again[1]
    assert "decision_id" not in again[0]
    assert number_of(store, decision) == number_of(store, kept_answer) == 1


@pytest.mark.parametrize("key", ["", "a b", "ключ", "x" * 256, "tab\there"])
@pytest.mark.parametrize("path", [SCORES, BATCH, OUTCOMES])
def test_a_malformed_key_is_named(client: FlaskClient, valid: Json, path: str, key: str) -> None:
    headers = {"Idempotency-Key": key.encode().decode("latin-1")}

    response = client.post(path, json=valid, headers=headers)

    assert response.status_code == 400
    assert "Idempotency-Key" in response.get_json()["detail"]


def test_a_key_may_have_255_characters(client: FlaskClient, valid: Json) -> None:
    key = "".join(map(chr, range(0x21, 0x7F))) * 2 + "x" * 67

    first, again = (send(client, SCORES, valid, key) for _ in "12")

    assert len(key) == 255
    assert same(first, again)


def test_while_another_request_holds_the_key_it_is_in_use(
    store_settings: Settings, store: Store, valid: Json
) -> None:
    if store_settings.database_url.startswith("sqlite"):
        pytest.skip("SQLite's writers wait at one door, whoever they are: 503")
    app = create_app(replace(store_settings, store_timeout=1))
    claim = claim_of(store, "default", Repeatable("k-1", ""))

    with closing(app.extensions[EXTENSION].store), store.writing() as connection:
        lock(connection, claim)
        one = send(app.test_client(), SCORES, valid, "k-1")
        many = send(app.test_client(), BATCH, {"applications": [valid]}, "k-1")
        other = send(app.test_client(), SCORES, valid, "k-2")

    for response in (one, many):
        assert response.status_code == 409
        assert response.get_json()["type"] == "/problems/key-in-use"
        assert response.headers["Retry-After"] == "1"
    assert other.status_code == 200


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


def test_the_key_is_not_in_the_database(app_client: FlaskClient, store: Store, valid: Json) -> None:
    send(app_client, SCORES, valid, "secret-key-of-66812345678")

    held = [each.read_bytes() for each in files_of(store)]
    assert not any(b"66812345678" in each for each in held)


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


WISHES = st.tuples(st.sampled_from("abc"), st.sampled_from(["good", "other", "bad", "test"]))


@given(wishes=st.lists(WISHES, min_size=2, max_size=12))
@hypothesis_settings(max_examples=40)
def test_whatever_comes_in_whatever_order_a_key_has_one_answer(
    client: FlaskClient, wishes: list[tuple[str, str]]
) -> None:
    """The model: the first good request under a key has it; others are refused from then on."""
    this = uuid4().hex
    bodies = bodies_of(this)
    holders: dict[str, str] = {}
    answers: dict[str, bytes] = {}
    for key, wish in wishes:
        response = send(client, SCORES, bodies[wish], f"{this}-{key}")
        holder = holders.get(key)
        if holder not in (None, wish):
            assert response.status_code == 422
            assert response.get_json()["type"] == "/problems/key-reused"
        elif wish == "bad":
            assert response.get_json()["type"] == "/problems/invalid-application"
        elif wish == "test":
            assert "decision_id" not in response.get_json()
        else:
            holders[key] = wish
            assert answers.setdefault(key, response.data) == response.data
            assert replayed(response) == (holder is not None)
    listed = client.get(f"/v1/decisions?reference={this}").get_json()["decisions"]
    assert len(listed) == len(holders)


def bodies_of(reference: str) -> dict[str, Json]:
    good: Json = {
        "reference": reference,
        "entities": {"document": f"TH-NID-{reference}"},
        "features": {"sims_on_document": 2, "channel": "store", "prepaid": True},
    }
    return {
        "good": good,
        "other": good | {"occurred_at": "2026-11-21T05:00:00Z"},
        "bad": good | {"features": {}},
        "test": good | {"purpose": "test"},
    }


def aged(store: Store, number: int, age: int) -> None:
    """Make an answer older; its age in microseconds."""
    with store.writing() as connection:
        older = update(kept_answer).values(kept_at=now() - age)
        connection.execute(older.where(kept_answer.c.id == number))


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
    with store.reading() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")
