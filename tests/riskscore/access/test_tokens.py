"""Tokens of the issuer are believed, and no others."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from riskscore.app import create_app
from riskscore.errors import ConfigError
from riskscore.settings import Settings
from tests.riskscore.access.test_keys import SCORES, VALID, bearer

KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
STRANGER = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})


@pytest.fixture
def jwks(tmp_path: Path) -> Path:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(KeySet([KEY]).as_dict(private=False)))
    return path


@pytest.fixture
def trusting(settings: Settings, jwks: Path) -> Settings:
    return replace(
        settings,
        dev=False,
        jwks=str(jwks),
        jwt_issuer="https://id.example",
        jwt_audience="riskscore",
    )


@pytest.fixture
def client(trusting: Settings) -> FlaskClient:
    return create_app(trusting).test_client()


def token(key: Any = KEY, alg: str = "RS256", kid: str = "one", **claims: Any) -> str:
    said = {
        "iss": "https://id.example",
        "aud": "riskscore",
        "exp": int(time.time()) + 60,
        "client_id": "onboarding",
        "tenant": "bank",
        "scope": "score:* decisions:read",
    }
    kept = {name: value for name, value in (said | claims).items() if value is not None}
    return jwt.encode({"alg": alg, "kid": kid}, kept, key, algorithms=[alg])


def asked(client: FlaskClient, credential: str) -> int:
    return client.post(SCORES, json=VALID, headers=bearer(credential)).status_code


def test_a_token_of_the_issuer_opens_the_door_for_its_tenant(client: FlaskClient) -> None:
    first = client.post(SCORES, json=VALID, headers=bearer(token()))
    path = f"/v1/decisions/{first.get_json()['decision_id']}"

    own = client.get(path, headers=bearer(token()))
    other = client.get(path, headers=bearer(token(tenant="telecom")))

    assert [each.status_code for each in (first, own, other)] == [200, 200, 404]


def test_scopes_are_those_of_the_token(client: FlaskClient) -> None:
    assert asked(client, token(scope="outcomes")) == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"nbf": 4_000_000_000, "exp": 4_000_000_060},
        {"tenant": None},
        {"tenant": 7},
        {"tenant": "agreement sims"},
        {"tenant": "Bank"},
        {"scope": ["score:*"]},
        {"client_id": None},
        {"kid": "two"},
    ],
    ids=str,
)
def test_others_do_not(client: FlaskClient, claims: dict[str, Any]) -> None:
    assert asked(client, token(**claims)) == 401


def test_who_signs_with_another_key_of_the_same_name_does_not(client: FlaskClient) -> None:
    assert asked(client, token(key=STRANGER)) == 401


def test_a_token_that_is_signed_by_no_secret_of_the_issuer_does_not(client: FlaskClient) -> None:
    secret = OctKey.import_key("a secret that the issuer never had", {"kid": "one"})

    assert asked(client, token(key=secret, alg="HS256")) == 401


def test_a_key_set_that_is_none_stops_the_start(trusting: Settings, jwks: Path) -> None:
    jwks.write_text("{}")

    with pytest.raises(ConfigError, match="RISKSCORE_JWKS: no JSON Web Key Set"):
        create_app(trusting)


@pytest.mark.parametrize("source", ["http://id.example/keys", "file:///etc/passwd", "/nowhere"])
def test_keys_come_from_a_file_or_by_https(trusting: Settings, source: str) -> None:
    with pytest.raises(ConfigError, match="RISKSCORE_JWKS"):
        create_app(replace(trusting, jwks=source))
