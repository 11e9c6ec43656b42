"""What is sent again under its Idempotency-Key gets the same answer, and is done once."""

from contextlib import closing
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from riskscore.api.served import EXTENSION
from riskscore.app import create_app
from riskscore.decision.ledger import TOGETHER
from riskscore.history.schema import decision, kept_answer, outcome
from riskscore.history.store import Store
from riskscore.settings import Settings
from tests.riskscore.api.repeats.conftest import (
    BATCH,
    OUTCOMES,
    SAID,
    SCORES,
    Json,
    number_of,
    replayed,
    same,
    send,
)


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


def test_the_same_json_in_another_spelling_is_the_same_request(
    app_client: FlaskClient, valid: Json
) -> None:
    first = send(app_client, SCORES, valid, "k-1")

    again = send(app_client, SCORES, dict(reversed(valid.items())), "k-1")

    assert same(first, again)
    assert replayed(again)


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
