"""GET /v1/decisions, as an analyst sees it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Json = dict[str, Any]
Post = Callable[..., TestResponse]


def test_a_decision_is_told_as_it_was_answered(
    client: FlaskClient, post: Post, valid: Json
) -> None:
    answer = post(valid | {"reference": "told-1"}).get_json()

    told = client.get(f"/v1/decisions/{answer['decision_id']}").get_json()

    same = set(answer) - {"elapsed_ms", "scored_at"}
    assert {name: told[name] for name in same} == {name: answer[name] for name in same}
    assert told["purpose"] == "onboard"
    assert told["occurred_at"] == "2026-11-21T03:00:00Z"
    assert isinstance(told["margin"], float)


def test_features_are_told_as_served_with_history_and_derived(
    client: FlaskClient, post: Post, valid: Json
) -> None:
    answer = post(valid | {"reference": "told-2"}).get_json()

    features = client.get(f"/v1/decisions/{answer['decision_id']}").get_json()["features"]

    assert features["sims_on_document"] == 2
    assert features["channel"] == "store"
    assert features["prepaid"] is True
    assert {"registrations_7d", "phones_30d", "spend_per_sim"} <= features.keys()


def test_a_decision_tells_no_identifier(client: FlaskClient, post: Post, valid: Json) -> None:
    answer = post(valid | {"reference": "told-3"}).get_json()

    told = client.get(f"/v1/decisions/{answer['decision_id']}").text

    assert "1101700203451" not in told
    assert "66812345678" not in told


def test_decisions_of_a_reference_are_listed_in_order(
    client: FlaskClient, post: Post, valid: Json
) -> None:
    made = [post(valid | {"reference": "twice"}).get_json()["decision_id"] for _ in range(2)]
    made += [post(valid | {"reference": "twice", "purpose": "rescreen"}).get_json()["decision_id"]]

    listed = client.get("/v1/decisions?reference=twice").get_json()["decisions"]

    assert [each["decision_id"] for each in listed] == made
    assert [each["purpose"] for each in listed] == ["onboard", "onboard", "rescreen"]


def test_a_reference_without_decisions_has_an_empty_list(client: FlaskClient) -> None:
    assert client.get("/v1/decisions?reference=nobody").get_json() == {"decisions": []}


def test_a_test_leaves_no_trace(client: FlaskClient, post: Post, valid: Json) -> None:
    answer = post(valid | {"reference": "tested", "purpose": "test"}).get_json()

    assert "decision_id" not in answer
    assert client.get("/v1/decisions?reference=tested").get_json() == {"decisions": []}


@pytest.mark.parametrize(
    "path", ["nonsense", "01a20056-956c-7bf9-81ec-4660a9ef2e48", "%00", "a" * 500]
)
def test_an_unknown_decision_is_not_found(client: FlaskClient, path: str) -> None:
    response = client.get(f"/v1/decisions/{path}")

    assert response.status_code == 404
    assert response.get_json()["type"] == "/problems/unknown-decision"


@pytest.mark.parametrize(
    "query", ["", "?reference=", "?reference=a%0Ab", "?reference=" + "a" * 129]
)
def test_a_query_without_a_valid_reference_is_refused(client: FlaskClient, query: str) -> None:
    response = client.get(f"/v1/decisions{query}")

    assert response.status_code == 422
    assert list(response.get_json()["errors"]) == ["reference"]


@pytest.mark.parametrize("moment", ["2999-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_a_moment_in_the_future_or_long_ago_is_refused(
    post: Post, valid: Json, moment: str
) -> None:
    response = post(valid | {"occurred_at": moment})

    assert response.status_code == 422
    assert list(response.get_json()["errors"]) == ["occurred_at"]


def test_decision_ids_sort_by_their_moment(post: Post, valid: Json) -> None:
    rows = [valid | {"reference": f"sorted-{place}"} for place in range(3)]

    made = [post(row).get_json()["decision_id"] for row in rows]

    assert [each[:11] for each in made] == sorted(each[:11] for each in made)
    assert {each[14] for each in made} == {"7"}
