"""API2:2023 Broken authentication: nobody gets in by anything but a key or token of theirs."""

import base64
import hmac
import json
import logging
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey

from riskscore.settings import Settings
from tests.clients import served
from tests.owasp.conftest import SCORES, application
from tests.owasp.keyed import SHARED, SIGNING, claims, key_for, token, trusting

Header = dict[str, str]


@pytest.fixture(scope="module")
def asking(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return trusting(models, tmp_path_factory.mktemp("authentication"))


@pytest.fixture(scope="module")
def good(asking: Settings) -> Header:
    return key_for(asking, "bank")


@pytest.fixture(scope="module")
def door(asking: Settings, good: Header) -> Iterator[FlaskClient]:
    del good
    with served(asking) as client:
        yield client


def status(door: FlaskClient, header: Header) -> int:
    return door.post(SCORES, json=application(), headers=header).status_code


def test_a_good_key_and_a_good_token_get_in(door: FlaskClient, good: Header) -> None:
    assert [status(door, good), status(door, token({}))] == [200, 200]


def test_every_route_below_v1_asks_for_a_key(door: FlaskClient) -> None:
    for rule in door.application.url_map.iter_rules():
        path = rule.rule.replace("<slug>", "phone-subscription").replace("<", "").replace(">", "")
        for method in rule.methods or ():
            if path.startswith("/v1"):
                assert door.open(path, method=method).status_code == 401


@pytest.mark.parametrize("path", [SCORES, "/v1/products", "/v1/decisions/1", "/v1/nowhere"])
def test_nobody_is_told_that_first_whatever_else_is_wrong(
    door: FlaskClient, good: Header, path: str
) -> None:
    malformed = {"x-correlator": "no spaces"}

    refused = door.get(path, headers=malformed)
    known = door.get(path, headers=malformed | good)

    assert (refused.status_code, known.status_code) == (401, 400)
    assert "x-correlator" not in refused.headers


@pytest.mark.parametrize("name", ["access_token", "api_key", "key", "token", "Authorization"])
def test_a_key_counts_nowhere_but_in_its_header(door: FlaskClient, good: Header, name: str) -> None:
    secret = good["Authorization"].removeprefix("Bearer ")
    door.set_cookie(name, secret)

    in_query = door.post(f"{SCORES}?{name}={secret}", json=application())
    in_body = door.post(SCORES, json=application(**{name: secret}))
    elsewhere = door.post(SCORES, json=application(), headers={"X-API-Key": secret})

    door.delete_cookie(name)
    assert [each.status_code for each in (in_query, in_body, elsewhere)] == [401] * 3


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: key[:-1],
        lambda key: key + "A",
        lambda key: key.swapcase(),
        lambda key: key.replace("rsk_", "rsk_%"),
        lambda key: key.rsplit("_", 1)[0] + "_",
        lambda key: key.rsplit("_", 1)[0] + "_" + "' OR '1'='1",
        lambda key: key[:-4] + "%%%%",
        lambda key: "\t" + key + " " + key,
        lambda _: "rsk_' OR 1=1 --_x",
    ],
    ids=["short", "long", "case", "prefix", "empty", "sql", "pattern", "twice", "program"],
)
def test_a_key_that_is_nearly_right_is_wrong(door: FlaskClient, good: Header, spoil: Any) -> None:
    key = good["Authorization"].removeprefix("Bearer ")

    assert status(door, {"Authorization": f"Bearer {spoil(key)}"}) == 401


def test_a_wrong_secret_takes_no_other_time_than_an_unknown_key(
    door: FlaskClient, good: Header
) -> None:
    key = good["Authorization"]
    wrong = {"Authorization": key[:-5] + "AAAAA"}
    unknown = {"Authorization": f"Bearer rsk_{'a' * 10}_{'x' * 43}"}
    took: dict[str, list[float]] = {"wrong": [], "unknown": []}
    for _ in range(200):
        for name, header in (("wrong", wrong), ("unknown", unknown)):
            began = time.perf_counter()
            assert status(door, header) == 401
            took[name].append(time.perf_counter() - began)

    ratio = statistics.median(took["wrong"]) / statistics.median(took["unknown"])

    assert 2 / 3 < ratio < 3 / 2


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def forged(header: dict[str, str]) -> str:
    return ".".join(encoded(json.dumps(each).encode()) for each in (header, claims()))


@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
def test_a_token_without_signature_is_none(door: FlaskClient, alg: str) -> None:
    unsigned = forged({"alg": alg, "kid": "one"}) + "."

    assert status(door, {"Authorization": f"Bearer {unsigned}"}) == 401


def test_a_public_key_is_no_shared_secret(door: FlaskClient) -> None:
    said = forged({"alg": "HS256", "kid": "one"})
    seal = hmac.digest(SIGNING.as_pem(private=False), said.encode(), "sha256")

    assert status(door, {"Authorization": f"Bearer {said}.{encoded(seal)}"}) == 401


def test_a_secret_in_the_issuer_s_set_signs_nothing(door: FlaskClient) -> None:
    assert status(door, token({"alg": "HS256", "kid": "shared"}, SHARED)) == 401


def test_a_token_brings_no_key_of_its_own(door: FlaskClient) -> None:
    own = RSAKey.generate_key(2048, {"kid": "own"})

    assert status(door, token({"kid": "own", "jwk": own.as_dict(private=False)}, own)) == 401


@pytest.mark.parametrize("kid", ["../../dev/null", "' UNION SELECT 'x", "", "one\x00", "x" * 9_000])
def test_a_key_s_name_is_no_path_and_no_program(door: FlaskClient, kid: str) -> None:
    assert status(door, token({"kid": kid}, RSAKey.generate_key(2048, {"kid": kid}))) == 401


def test_no_credential_is_logged(
    door: FlaskClient, good: Header, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = {"Authorization": good["Authorization"][:-5] + "AAAAA"}

    with caplog.at_level(logging.DEBUG):
        for header in (good, wrong, token({})):
            status(door, header)

    logged = " ".join(str(vars(each)) for each in caplog.records)
    assert "/v1/" in logged
    assert good["Authorization"].split("_", 2)[2][:20] not in logged
    assert "eyJ" not in logged
