"""POST /v1/outcomes, as an investigator's system sees it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Json = dict[str, Any]
Post = Callable[..., TestResponse]
SAID: Json = {"status": "confirmed", "source": "investigated", "known_at": "2026-11-21T05:00:00Z"}


@pytest.fixture
def decision_id(post: Post, valid: Json) -> str:
    made: str = post(valid | {"reference": "judged"}).get_json()["decision_id"]
    return made


def test_an_outcome_is_taken_by_decision(client: FlaskClient, decision_id: str) -> None:
    response = client.post("/v1/outcomes", json=SAID | {"decision_id": decision_id})

    assert response.status_code == 201
    receipt = response.get_json()
    assert receipt.pop("received_at").endswith("Z")
    assert receipt == {
        "product": "phone_subscription",
        "reference": "judged",
        "status": "confirmed",
        "known_at": "2026-11-21T05:00:00Z",
    }


@pytest.mark.usefixtures("decision_id")
def test_an_outcome_is_taken_by_reference_with_all_that_is_known(client: FlaskClient) -> None:
    said = SAID | {
        "product": "phone_subscription",
        "reference": "judged",
        "label": 1,
        "role": "recruited",
        "fraud_from": "2026-11-20T00:00:00Z",
        "amount": 1200.5,
        "looked_because": "complaint",
    }

    assert client.post("/v1/outcomes", json=said).status_code == 201
    assert (
        client.post("/v1/outcomes", json=said | {"status": "retracted", "label": None}).status_code
        == 201
    )


def test_an_outcome_of_what_was_only_screened_again_is_taken(
    client: FlaskClient, post: Post, valid: Json
) -> None:
    post(valid | {"reference": "screened", "purpose": "rescreen"})

    said = SAID | {"product": "phone_subscription", "reference": "screened"}

    assert client.post("/v1/outcomes", json=said).status_code == 201


@pytest.mark.usefixtures("decision_id")
@pytest.mark.parametrize(
    "names",
    [
        {"product": "phone_subscription", "reference": "never scored"},
        {"product": "lottery", "reference": "judged"},
        {"decision_id": "01a20056-956c-7bf9-81ec-4660a9ef2e48"},
    ],
)
def test_an_outcome_of_nothing_that_was_scored_is_not_found(
    client: FlaskClient, names: Json
) -> None:
    response = client.post("/v1/outcomes", json=SAID | names)

    assert response.status_code == 404
    assert response.get_json()["type"] == "/problems/unknown-reference"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"status": "guilty"}, "status"),
        ({"source": None}, "source"),
        ({"label": 0}, "label"),
        ({"known_at": "2999-01-01T00:00:00Z"}, "known_at"),
        ({"known_at": "2026-11-21"}, "known_at"),
        ({"amount": -1}, "amount"),
        ({"amount": "5"}, "amount"),
        ({"role": "Mr. Somchai"}, "role"),
        ({"blocked_by_us": True}, "blocked_by_us"),
        ({"decision_id": "x"}, "decision_id"),
        ({"decision_id": "01a20056-956c-7bf9-81ec-4660a9ef2e48"}, "decision_id"),
        ({"reference": None}, "reference"),
    ],
)
def test_a_broken_outcome_names_its_field(client: FlaskClient, change: Json, field: str) -> None:
    named = SAID | {"product": "phone_subscription", "reference": "judged"}

    response = client.post("/v1/outcomes", json=named | change)

    assert response.status_code == 422
    assert field in response.get_json()["errors"]
    assert "Somchai" not in response.text


def test_an_outcome_must_say_of_what_it_is(client: FlaskClient) -> None:
    response = client.post("/v1/outcomes", json=SAID | {"reference": "judged"})

    assert list(response.get_json()["errors"]) == ["decision_id"]


def test_a_batch_is_taken_or_refused_row_by_row(client: FlaskClient, decision_id: str) -> None:
    good = SAID | {"decision_id": decision_id}
    unknown = SAID | {"product": "phone_subscription", "reference": "never scored"}

    response = client.post("/v1/outcomes", json={"outcomes": [good, 5, unknown, {}, good]})

    assert response.status_code == 200
    first, no_object, missing, broken, last = response.get_json()["results"]
    assert first["status"] == last["status"] == "confirmed"
    assert no_object["problem"]["type"] == "/problems/unreadable-body"
    assert missing["problem"]["status"] == 404
    assert broken["problem"]["status"] == 422


@pytest.mark.parametrize("outcomes", [[], None, 5, [{}] * 1_001])
def test_a_batch_has_its_bounds(client: FlaskClient, outcomes: object) -> None:
    response = client.post("/v1/outcomes", json={"outcomes": outcomes})

    assert response.status_code == 422
    assert list(response.get_json()["errors"]) == ["outcomes"]
