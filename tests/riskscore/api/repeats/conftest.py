"""Shared by the tests of Idempotency-Key: a client on each database, and ways to compare."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from riskscore.history.store import Store
from riskscore.settings import Settings
from tests.clients import served

Json = dict[str, Any]
SCORES = "/v1/phone-subscription/scores"
BATCH = f"{SCORES}/batch"
OUTCOMES = "/v1/outcomes"
SAID: Json = {"status": "confirmed", "source": "investigated", "product": "phone_subscription"}


@pytest.fixture
def app_client(store_settings: Settings) -> Iterator[FlaskClient]:
    with served(store_settings) as client:
        yield client


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
