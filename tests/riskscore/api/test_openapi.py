"""The API document: what it describes. That answers keep to it, ``test_callers`` tries."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from riskscore.api.openapi import REFUSALS

Json = dict[str, Any]
OPERATIONS = [
    "POST /v1/phone-subscription/scores",
    "POST /v1/phone-subscription/scores/batch",
    "GET /v1/decisions/{decision_id}",
    "GET /v1/decisions",
    "POST /v1/outcomes",
    "GET /v1/products",
    "GET /v1/products/{name}",
    "GET /healthz",
    "GET /readyz",
]


@pytest.fixture(scope="module")
def document(client: FlaskClient) -> Json:
    written: Json = client.get("/openapi.json").get_json()
    return written


def test_every_operation_is_described(document: Json) -> None:
    operations = {
        f"{method.upper()} {path}" for path, all_ in document["paths"].items() for method in all_
    }

    assert operations == set(OPERATIONS)


def test_features_are_described_as_they_are_declared(document: Json) -> None:
    features = document["components"]["schemas"]["PhoneSubscriptionFeatures"]

    assert features["required"] == ["channel", "prepaid", "sims_on_document"]
    assert features["additionalProperties"] is False
    assert features["properties"]["sims_on_document"] == {
        "type": "integer",
        "minimum": 0,
        "maximum": 1000,
        "description": "Active SIMs that the operator has on this document.",
        "x-unit": "SIMs",
        "x-group": "volume",
        "examples": [1],
    }
    assert features["properties"]["load"]["type"] == ["string", "null"]
    assert features["properties"]["load"]["enum"] == ["light", "heavy", None]


def test_the_documented_example_scores(client: FlaskClient, document: Json) -> None:
    for path in ("/v1/phone-subscription/scores", "/v1/phone-subscription/scores/batch"):
        body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]

        response = client.post(path, json=body["examples"]["example"]["value"])

        assert response.status_code == 200


def test_every_refusal_is_described_as_a_problem(document: Json) -> None:
    responses = document["components"]["responses"]

    assert responses.keys() == REFUSALS.keys()
    assert all("application/problem+json" in each["content"] for each in responses.values())
