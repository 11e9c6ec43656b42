"""API4:2023 Unrestricted resource consumption: what one request may cost is bounded."""

import gzip
import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.owasp.conftest import SCORES, Attacker, application
from tests.serving import serving

Json = dict[str, Any]
BATCH = f"{SCORES}/batch"
LONG = 1.0  # seconds; an honest request takes a few milliseconds


@pytest.fixture
def quickly() -> Callable[..., Any]:
    """Call something, and fail if it takes long."""

    def call(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        answer = function(*arguments, **named)
        assert time.perf_counter() - began < LONG
        return answer

    return call


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b" " * (2 * 1024 * 1024 + 1), 413),
        (b"[" * 100_000, 400),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400),
        (b'{"reference": ' + b"9" * 1_000_000 + b"}", 400),
        (b'{"features": {"sims_on_document": 1e' + b"9" * 100_000 + b"}}", 400),
        (json.dumps({f"k{n}": n for n in range(100_000)}).encode(), 422),
        (json.dumps({"features": {f"k{n}": n for n in range(100_000)}}).encode(), 422),
        (json.dumps(application(since={f"k{n}": 1 for n in range(100_000)})).encode(), 422),
    ],
    ids=[
        "large",
        "deep lists",
        "deep objects",
        "long number",
        "high power",
        "wide",
        "wide table",
        "wide since",
    ],
)
def test_a_body_made_to_cost_is_refused_soon(
    client: FlaskClient, quickly: Callable[..., Any], body: bytes, status: int
) -> None:
    response = quickly(client.post, SCORES, data=body, content_type="application/json")

    assert response.status_code == status


def test_a_flood_of_keys_is_refused_as_one(attacker: Attacker) -> None:
    flood = {f"k{n}": n for n in range(1_000)}

    errors = attacker.score(features=flood).get_json()["errors"]

    assert list(errors) == ["features"]
    assert "expected at most" in errors["features"][0]


def test_a_bomb_is_not_unpacked(client: FlaskClient, quickly: Callable[..., Any]) -> None:
    bomb = gzip.compress(b" " * 100_000_000)

    response = quickly(
        client.post,
        SCORES,
        data=bomb,
        content_type="application/json",
        headers={"Content-Encoding": "gzip"},
    )

    assert response.status_code in {400, 415}


def test_a_batch_is_bounded(client: FlaskClient) -> None:
    rows = {"applications": [application()] * 1_001}

    assert client.post(BATCH, json=rows).status_code == 422


@pytest.mark.parametrize(
    "value",
    ["a" * 1_000_000, "﷽" * 100_000, "1" * 500_000 + "x", "-" * 500_000, "\u0301" * 300_000],
)
@pytest.mark.parametrize("kind", ["document", "msisdn", "imei", "iccid", "account"])
def test_no_identifier_takes_long_to_read(
    attacker: Attacker, quickly: Callable[..., Any], kind: str, value: str
) -> None:
    entities = application()["entities"] | {kind: value}

    assert quickly(attacker.score, entities=entities).status_code == 422


@pytest.mark.parametrize(
    "header", ["x-correlator", "Accept-Language", "Content-Type", "If-None-Match", "Accept"]
)
@pytest.mark.parametrize("value", ["a" * 60_000 + "!", "en;q=0.1," * 8_000, "((((" * 15_000])
def test_no_header_takes_long_to_read(
    client: FlaskClient, quickly: Callable[..., Any], header: str, value: str
) -> None:
    body = json.dumps(application()).encode()
    headers = {"Content-Type": "application/json", header: value}

    response = quickly(client.post, SCORES, data=body, headers=headers)

    assert response.status_code < 500


def test_a_client_that_sends_drop_by_drop_holds_up_nobody_else(
    models: Path, tmp_path: Path
) -> None:
    with (
        serving(models, tmp_path, "--dev", workers="2") as server,
        closing(server.connect()) as slow,
    ):
        slow.sendall(b"POST /v1/outcomes HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
        began = time.perf_counter()

        answers = [server.request("GET", "/healthz")[0] for _ in range(20)]

        assert answers == [200] * 20
        assert time.perf_counter() - began < 10
