"""What a caller sends of a person comes back to nobody: not in logs, errors or addresses."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving import Server, serving

SCORES = "/v1/phone-subscription/scores"
MARK = "7731009944"
NUMBER, DOCUMENT = f"+66{MARK}", f"TH-NID-{MARK}"
Json = dict[str, Any]


def valid() -> Json:
    return {
        "reference": "A-1",
        "entities": {"document": DOCUMENT, "msisdn": "+66812345678"},
        "features": {"sims_on_document": 2, "channel": "store", "prepaid": True},
    }


@pytest.fixture(scope="module")
def server(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(models, tmp_path_factory.mktemp("discreet"), log_level="DEBUG") as running:
        yield running
        assert MARK not in running.errors.read_text()  # whatever the tests below sent


def refused() -> list[Json]:
    """Put a mark wherever a body can be wrong."""
    sent = valid()
    bodies: list[Json] = [
        sent | {"entities": sent["entities"] | {"msisdn": f"abc{MARK}"}},
        sent | {"entities": sent["entities"] | {"msisdn": int(MARK)}},
        sent | {"features": sent["features"] | {"channel": NUMBER}},
        sent | {"features": sent["features"] | {"sims_on_document": DOCUMENT}},
        sent | {"occurred_at": NUMBER},
        sent | {"purpose": DOCUMENT},
        sent | {"since": {"msisdn": NUMBER}},
        sent | {"reference": f"\x01{NUMBER}"},
        sent | {"reference": [NUMBER]},
    ]
    return bodies


@pytest.mark.parametrize("place", range(len(refused())))
def test_an_error_quotes_no_value(server: Server, place: int) -> None:
    status, said = server.request("POST", SCORES, json.dumps(refused()[place]))

    assert status == 422
    assert MARK not in json.dumps(said)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", SCORES, f'{{"reference": "{NUMBER}"'),
        ("POST", SCORES, f'["{NUMBER}"]'),
        ("POST", f"/v1/{MARK}/scores", "{}"),
        ("GET", f"/v1/decisions/{MARK}", None),
        ("GET", f"/v1/decisions?reference={MARK}%00", None),
        ("GET", f"/v1/{MARK}", None),
        ("POST", "/v1/outcomes", json.dumps({"reference": "A-1", "status": NUMBER})),
        ("POST", "/v1/outcomes", json.dumps({"decision_id": DOCUMENT, "status": "cleared",
                                             "source": "reported"})),
    ],
)  # fmt: skip
def test_a_refusal_quotes_neither_path_nor_body(
    server: Server, method: str, path: str, body: str | None
) -> None:
    status, said = server.request(method, path, body)

    assert 400 <= status < 500
    assert MARK not in json.dumps(said)


@pytest.mark.parametrize(
    "lines",
    [
        f"GET /{MARK} extra HTTP/1.1\r\n\r\n",
        f"{MARK} / HTTP/1.1\r\n\r\n",
        f"GET / HTTP/{MARK}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: x\r\nBad {MARK}: y\r\n\r\n",
        f"POST {SCORES} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{MARK}x\r\n",
        f"GET /{MARK} HTTP/1.1\r\nHost: x\r\nx-correlator: not allowed\r\n\r\n",
    ],
)
def test_what_is_no_request_is_logged_without_its_words(server: Server, lines: str) -> None:
    with server.connect() as connection:
        connection.sendall(lines.encode())
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass

    assert MARK not in server.errors.read_text()


def test_nothing_that_was_sent_is_in_the_log_or_on_the_screen(server: Server) -> None:
    for sent in (valid(), valid() | {"reference": f"ref-{MARK}"}):
        status, answer = server.request("POST", SCORES, json.dumps(sent))
        assert status == 200, answer
        server.request("GET", f"/v1/decisions/{answer['decision_id']}")
        server.request("GET", f"/v1/decisions?reference={sent['reference']}")
        batch = {"applications": [sent, sent | {"purpose": NUMBER}]}
        server.request("POST", f"{SCORES}/batch", json.dumps(batch))

    log = server.errors.read_text()
    assert log.count('"message":"request"') >= 8
    assert MARK not in log
    assert MARK not in server.said
    assert answer["decision_id"] not in log


def test_an_answer_repeats_no_identifier(server: Server) -> None:
    status, answer = server.request("POST", SCORES, json.dumps(valid()))
    _, told = server.request("GET", f"/v1/decisions/{answer['decision_id']}")

    assert status == 200
    assert MARK not in json.dumps([answer, told])
