"""What an Idempotency-Key may be, and that it stands for one request."""

from contextlib import closing
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from riskscore.api.served import EXTENSION
from riskscore.app import create_app
from riskscore.decision.ledger import TOGETHER
from riskscore.history.kept import Repeatable, claim_of, lock
from riskscore.history.schema import decision, outcome
from riskscore.history.store import Store
from riskscore.settings import Settings
from tests.databases import files_of
from tests.riskscore.api.repeats.conftest import (
    BATCH,
    OUTCOMES,
    SAID,
    SCORES,
    Json,
    number_of,
    same,
    send,
)


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


def test_what_was_refused_is_judged_anew(
    app_client: FlaskClient, store: Store, valid: Json
) -> None:
    assert send(app_client, SCORES, {"reference": "A-1"}, "k-1").status_code == 422
    said = SAID | {"reference": "A-1"}
    assert send(app_client, OUTCOMES, said, "k-2").status_code == 404

    assert send(app_client, SCORES, valid, "k-1").status_code == 200
    assert send(app_client, OUTCOMES, said, "k-2").status_code == 201
    assert number_of(store, outcome) == 1


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


def test_the_key_is_not_in_the_database(app_client: FlaskClient, store: Store, valid: Json) -> None:
    send(app_client, SCORES, valid, "secret-key-of-66812345678")

    held = [each.read_bytes() for each in files_of(store)]
    assert not any(b"66812345678" in each for each in held)
