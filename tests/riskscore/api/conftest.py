"""Shared by the tests of the API: an application that is valid, and the way to send it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from riskscore.product.spec import Product

Json = dict[str, Any]
Post = Callable[..., TestResponse]


@pytest.fixture
def valid() -> Json:
    return {
        "reference": "A-1",
        "occurred_at": "2026-11-21T10:00:00+07:00",
        "entities": {"document": "TH-NID-1101700203451", "msisdn": "+66812345678"},
        "features": {"sims_on_document": 2, "channel": "store", "prepaid": True},
    }


@pytest.fixture
def post(client: FlaskClient, product: Product) -> Post:
    """Send JSON to the scores of the test product."""

    def send(body: object, path: str = "", **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.post(f"/v1/{product.slug}/scores{path}", json=body, headers=named)

    return send
