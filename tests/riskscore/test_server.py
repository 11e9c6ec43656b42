"""A real server in real processes: how it starts, what it refuses, how it leaves."""

import http.client
import json
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from riskscore.product.spec import Product
from tests.serving import Server, serving, start

BATCH = "/v1/phone-subscription/scores/batch"
APPLICATION = {
    "reference": "A-1",
    "entities": {"document": "D-1"},
    "features": {"sims_on_document": 2, "channel": "store", "prepaid": True},
}


@pytest.fixture(scope="module")
def server(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(models, tmp_path_factory.mktemp("server"), "--dev") as running:
        yield running


def test_a_started_server_invites_to_a_call_that_works(server: Server) -> None:
    call = shlex.split(server.said.splitlines()[-1])
    path = call[1].split(str(server.port))[1]

    status, answer = server.request("POST", path, call[call.index("-d") + 1])

    assert call[0] == "curl"
    assert status == 200
    assert answer["reference"] == "example-1"


def test_a_started_server_is_ready(server: Server) -> None:
    assert server.request("GET", "/readyz") == (
        200,
        {"status": "ready", "models": {"phone_subscription": "1"}},
    )


@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_too_large_is_told_so(server: Server, *, chunked: bool) -> None:
    body = iter([b" " * 65_536] * 48) if chunked else b" " * 65_536 * 48

    status, problem = server.request("POST", BATCH, body)

    assert status == problem["status"] == 413


def test_a_chunked_body_is_read(server: Server) -> None:
    body = json.dumps({"applications": [APPLICATION] * 3}).encode()

    status, answer = server.request("POST", BATCH, iter([body[:100], body[100:]]))

    assert status == 200
    assert len(answer["results"]) == 3


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"1101700203451\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\n1101700203451\r\n\r\n", 400),
        (b"GET /" + b"1101700203451" * 700 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nx: " + b"1101700203451" * 700 + b"\r\n\r\n", 431),
    ],
)
def test_what_is_no_request_gets_a_problem_document(
    server: Server, sent: bytes, status: int
) -> None:
    connection = server.connect()
    connection.sendall(sent)

    answered, problem = answer_on(connection)

    assert answered == problem["status"] == status
    assert "1101700203451" not in server.errors.read_text()


@pytest.mark.parametrize(
    "chunks", [b'5\r\n{"a":\r\nZZ\r\n', b'5\r\n{"a":XX', b"0\r\nbad trailer\r\n\r\n", b"-1\r\n"]
)
@pytest.mark.parametrize("path", [BATCH, "/v1/nothing/scores"])
def test_chunks_that_break_their_form_are_an_unreadable_body(
    server: Server, chunks: bytes, path: str
) -> None:
    connection = server.connect()
    head = "Host: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection.sendall(f"POST {path} HTTP/1.1\r\n{head}".encode() + chunks)

    status, problem = answer_on(connection)

    assert status == problem["status"] == (400 if path == BATCH else 404)


def test_too_long_a_body_whose_chunks_then_break_is_too_large(server: Server) -> None:
    connection = server.connect()
    head = "Host: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    long = b"400000\r\n" + b" " * 0x400000 + b"\r\nZZ\r\n"
    connection.sendall(f"POST {BATCH} HTTP/1.1\r\n{head}".encode() + long)

    status, problem = answer_on(connection)

    assert status == problem["status"] == 413


def test_every_log_line_is_json_without_what_was_sent(server: Server) -> None:
    body = json.dumps(APPLICATION | {"reference": "REF-1", "entities": {"msisdn": "+66810000000"}})
    server.request("POST", "/v1/phone-subscription/scores?who=+66810000000", body)

    log = server.errors.read_text()
    line = json.loads(log.splitlines()[-1])
    assert line["route"] == "/v1/<slug>/scores"
    assert line["status"] == 422
    assert "66810000000" not in log
    assert "REF-1" not in log
    assert all(json.loads(each) for each in log.splitlines())


def test_a_silent_client_holds_nobody_up_for_long(server: Server) -> None:
    with server.connect():
        status, _ = server.request("GET", "/healthz")

    assert status == 200


def test_development_says_so(server: Server) -> None:
    said = "Development: anybody on this machine may ask, without key and limit.\n"
    assert server.said.startswith(said)


def test_a_damaged_bundle_stops_the_start_with_one_line(
    models: Path, product: Product, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(models, tmp_path / "models"))
    path = folder / product.name / "1" / "model.ubj"
    path.write_bytes(path.read_bytes()[:-20])

    with start(
        folder, subprocess.PIPE, database_url=f"sqlite:///{tmp_path}/riskscore.db"
    ) as process:
        out, errors = process.communicate(timeout=40)

    assert process.returncode == 3
    assert "curl" not in out
    assert errors == f"Error: {path}: not the file that the manifest was written for\n"


def test_nobody_who_got_through_is_dropped_on_stop(models: Path, tmp_path: Path) -> None:
    body = json.dumps({"applications": [APPLICATION] * 20}).encode()
    head = f"POST {BATCH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    sent = head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    statuses: list[int] = []

    with serving(models, tmp_path, "--workers", "2") as running:
        clients = [
            threading.Thread(target=keep_coming, args=(running, statuses)) for _ in range(10)
        ]
        for client in clients:
            client.start()
        waiting = [running.connect() for _ in range(40)]
        for place, connection in enumerate(waiting):
            connection.sendall(sent if place % 4 else sent[:-10])
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        for connection in waiting[::4]:
            connection.sendall(sent[-10:])
        answers = [answer_on(connection) for connection in waiting]
        for client in clients:
            client.join(40)
        code = running.process.wait(40)

    assert [(status, len(answer["results"])) for status, answer in answers] == [(200, 20)] * 40
    assert set(statuses) == {200}
    assert code == 0


def keep_coming(server: Server, statuses: list[int]) -> None:
    """Ask again and again until nobody is let in any more."""
    while True:
        try:
            connection = server.connect()
        except OSError:
            return
        try:
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
            statuses.append(answer_on(connection)[0])
        except (OSError, http.client.HTTPException):
            statuses.append(0)
            return


def answer_on(connection: socket.socket) -> tuple[int, Any]:
    """Read one whole answer, and let go of the connection."""
    with connection, http.client.HTTPResponse(connection) as response:
        response.begin()
        return response.status, json.loads(response.read())
