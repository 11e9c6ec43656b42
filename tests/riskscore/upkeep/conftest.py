"""Shared by the tests of upkeep: a client on each database, and two people it is sent."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from riskscore.history.store import Store
from riskscore.settings import Settings
from tests.clients import run, served
from tests.databases import files_of

Json = dict[str, Any]
SCORES = "/v1/phone-subscription/scores"
ONE, OTHER, DEALER = "TH-NID-1101700203451", "TH-NID-3100600112233", "+66812345678"
ENTITY = ("--entity", "document")


@pytest.fixture
def client(store_settings: Settings) -> Iterator[FlaskClient]:
    with served(store_settings) as client:
        yield client


def application(reference: str, document: str, at: str = "2026-11-20T10:00:00Z") -> Json:
    return {
        "reference": reference,
        "occurred_at": at,
        "entities": {"document": document, "msisdn": DEALER},
        "features": {"sims_on_document": 1, "channel": "store", "prepaid": True},
    }


def numbered(place: int, document: str, at: str = "2026-11-20T10:00:00Z") -> Json:
    return application(f"ref-{place}-{document[-4:]}", document, at)


def send(client: FlaskClient, sent: Json) -> Json:
    answer = client.post(SCORES, json=sent)
    assert answer.status_code == 200, answer.text
    answered: Json = answer.get_json()
    return answered


def decide(client: FlaskClient, sent: Json) -> str:
    """Send an application; returns the number of its decision."""
    return str(send(client, sent)["decision_id"])


def confirm(client: FlaskClient, decision_id: str) -> None:
    said = {"decision_id": decision_id, "status": "confirmed", "source": "investigated",
            "amount": 12.5, "looked_because": "complaint"}  # fmt: skip
    assert client.post("/v1/outcomes", json=said).status_code == 201


def done(settings: Settings, *words: str, said: str = "", **more: str) -> str:
    result = run(settings, *words, said=said, **more)
    assert result.exit_code == 0, result.output
    return result.output


def found(store: Store, traces: list[bytes]) -> bool:
    content = b"".join(each.read_bytes() for each in files_of(store))
    return any(each in content or each.hex().encode() in content for each in traces)


def reported(settings: Settings, identifier: str) -> Json:
    said: Json = json.loads(done(settings, "subject", "report", *ENTITY, said=f"{identifier}\n"))
    return said
