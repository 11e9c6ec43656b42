"""API5:2023 Broken function level authorization: nobody keeps the store over HTTP."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.clients import served
from tests.owasp.conftest import SCORES
from tests.owasp.keyed import closed, key_for

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PURGE", "PROPFIND")
KEEPING = ("forget", "purge", "keys", "backup", "restore", "retrain", "promote", "agreements")


def routes(app: Flask) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        found.setdefault(rule.rule, set()).update(rule.methods or ())
    return found


def test_every_method_is_one_that_was_meant(client: FlaskClient) -> None:
    meant = {"GET", "HEAD", "OPTIONS", "POST"}

    assert all(methods <= meant for methods in routes(client.application).values())
    assert all(
        "POST" not in methods or rule == "/v1/outcomes" or "/scores" in rule
        for rule, methods in routes(client.application).items()
    )


@pytest.mark.parametrize("method", METHODS)
def test_another_method_does_nothing(client: FlaskClient, method: str) -> None:
    for rule, methods in routes(client.application).items():
        if method not in methods and "<" not in rule:
            assert client.open(rule, method=method).status_code == 405


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_no_header_turns_one_method_into_another(client: FlaskClient, header: str) -> None:
    response = client.post("/v1/products", headers={header: "GET"})

    assert response.status_code == 405


@pytest.mark.parametrize("verb", KEEPING)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("prefix", ["", "/v1", "/admin", "/v1/admin", SCORES])
def test_nothing_that_keeps_the_store_is_reached_from_outside(
    client: FlaskClient, prefix: str, verb: str, method: str
) -> None:
    assert client.open(f"{prefix}/{verb}", method=method).status_code == 404


SCOPES = ("score:phone_subscription", "score:other", "outcomes", "decisions:read")
NEEDED = {
    ("POST", SCORES): "score:phone_subscription",
    ("POST", f"{SCORES}/batch"): "score:phone_subscription",
    ("POST", "/v1/outcomes"): "outcomes",
    ("GET", "/v1/decisions"): "decisions:read",
    ("GET", "/v1/decisions/1"): "decisions:read",
}


def test_a_key_for_one_function_opens_no_other(models: Path, tmp_path: Path) -> None:
    settings = closed(models, tmp_path)
    keys = {scope: key_for(settings, "bank", scope, name=scope) for scope in SCOPES}
    with served(settings) as door:
        opened = {
            (call, scope)
            for call in NEEDED
            for scope in SCOPES
            if door.open(call[1], method=call[0], json={}, headers=keys[scope]).status_code != 403
        }

    assert opened == set(NEEDED.items())
