"""Shared by the attacks, one file an item of the OWASP API Security Top 10 (2023)."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Json = dict[str, Any]
SCORES = "/v1/phone-subscription/scores"
DOCUMENT, PHONE = "TH-NID-1101700203451", "+66812345678"


class Attacker:
    """Whoever sends what they like to a running service."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def score(self, **change: Any) -> TestResponse:
        return self.client.post(SCORES, json=application(**change))


def application(**change: Any) -> Json:
    """Write an application that is valid but for what is changed."""
    return {
        "reference": "attack-1",
        "occurred_at": "2026-11-21T10:00:00+07:00",
        "entities": {"document": DOCUMENT, "msisdn": PHONE},
        "features": {"sims_on_document": 2, "channel": "store", "prepaid": True},
    } | change


@pytest.fixture
def attacker(client: FlaskClient) -> Attacker:
    return Attacker(client)
