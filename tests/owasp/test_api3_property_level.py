"""API3:2023 Broken object property level authorization: nothing is set or read beyond the form."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from riskscore.history.schema import metadata
from tests.owasp.conftest import DOCUMENT, PHONE, SCORES, Attacker, application

Json = dict[str, Any]
OURS = [
    "tenant",
    "score",
    "probability",
    "margin",
    "recommendation",
    "decision_id",
    "scored_at",
    "received_at",
    "model",
    "label",
    "is_admin",
    "scopes",
    "__proto__",
]


@pytest.mark.parametrize("name", OURS)
def test_nobody_sets_what_is_ours_to_say(attacker: Attacker, name: str) -> None:
    response = attacker.score(**{name: 1})

    assert response.status_code == 422
    assert list(response.get_json()["errors"]) == [name]


@pytest.mark.parametrize("table", ["entities", "features"])
@pytest.mark.parametrize("name", [*OURS, "registrations_7d", "spend_per_sim"])
def test_nobody_sends_a_history_of_their_own_making(
    attacker: Attacker, table: str, name: str
) -> None:
    response = attacker.score(**{table: application()[table] | {name: 0}})

    assert response.status_code == 422
    assert list(response.get_json()["errors"]) == [f"{table}.{name}"]


@pytest.mark.parametrize("name", ["tenant", "received_at", "outcome_id"])
def test_nobody_reports_an_outcome_for_others(client: FlaskClient, name: str) -> None:
    report = {
        "product": "phone_subscription",
        "reference": "attack-1",
        "status": "confirmed",
        "source": "investigated",
        "known_at": "2026-11-21T12:00:00+07:00",
    }

    response = client.post("/v1/outcomes", json=report | {name: "other"})

    assert response.status_code == 422
    assert list(response.get_json()["errors"]) == [name]


def test_what_was_refused_left_nothing_behind(attacker: Attacker, client: FlaskClient) -> None:
    attacker.score(reference="refused-1", score=1)

    assert client.get("/v1/decisions?reference=refused-1").get_json()["decisions"] == []


def test_answers_hold_what_is_documented_and_no_more(
    attacker: Attacker, client: FlaskClient
) -> None:
    schemas = client.get("/openapi.json").get_json()["components"]["schemas"]
    answer = attacker.score(reference="told-all").get_json()

    told = client.get(f"/v1/decisions/{answer['decision_id']}").get_json()

    assert answer.keys() <= schemas["Score"]["properties"].keys()
    assert told.keys() <= schemas["Decision"]["properties"].keys()


def test_no_answer_tells_an_identifier_a_pseudonym_or_whose_it_is(
    attacker: Attacker, client: FlaskClient
) -> None:
    answer = attacker.score(reference="told-nobody")
    one = client.get(f"/v1/decisions/{answer.get_json()['decision_id']}")
    many = client.get("/v1/decisions?reference=told-nobody")

    assert {"pseudonym", "tenant"} <= {
        column.name for table in metadata.tables.values() for column in table.columns
    }
    for response in (answer, one, many):
        assert response.status_code == 200
        for secret in (DOCUMENT, DOCUMENT[-13:], PHONE, PHONE[1:], "pseudonym", "tenant"):
            assert secret not in response.text


def test_a_batch_lets_nobody_slip_one_in(client: FlaskClient) -> None:
    rows = [application(reference="row-1"), application(reference="row-2", tenant="other")]

    results = client.post(f"{SCORES}/batch", json={"applications": rows}).get_json()["results"]

    assert results[0]["reference"] == "row-1"
    assert "tenant" in results[1]["problem"]["errors"]
