"""Who was answered holds no worker, however long its end of the connection stays open."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from riskscore.parting import PlainParting, parting, readable
from tests.certificates import authority, caller, issued
from tests.serving import Server, serving

ASKED = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
LINGERING = 2.0  # seconds that gunicorn waits for the other end


@pytest.fixture(params=["in the clear", "TLS"])
def server(request: pytest.FixtureRequest, models: Path, tmp_path: Path) -> Iterator[Server]:
    if request.param == "in the clear":
        with serving(models, tmp_path, "--dev", "--workers", "1") as running:
            yield running
        return
    ours = authority(tmp_path, "ours")
    pair = issued(tmp_path, "server", ours)
    files = {"tls_cert": str(pair.cert), "tls_key": str(pair.key)}
    with serving(models, tmp_path, "--dev", "--workers", "1", **files) as running:
        yield replace(running, tls=caller(ours))


def connected(server: Server) -> socket.socket:
    plain = server.connect()
    return server.tls.wrap_socket(plain, server_hostname="127.0.0.1") if server.tls else plain


def said_on(connection: socket.socket) -> bytes:
    """Read an answer to its end, and leave the connection open."""
    said = b""
    while piece := connection.recv(65_536):
        said += piece
    return said


def test_who_keeps_its_end_open_holds_nobody_up(server: Server) -> None:
    with ExitStack() as kept:
        started = time.monotonic()
        for _ in range(3):
            connection = kept.enter_context(closing(connected(server)))
            connection.sendall(ASKED)
            assert said_on(connection).startswith(b"HTTP/1.1 200")

        assert time.monotonic() - started < LINGERING


@pytest.mark.parametrize("server", ["in the clear"], indirect=True)
def test_who_still_sends_what_nobody_reads_hears_the_answer_all_the_same(server: Server) -> None:
    with closing(connected(server)) as connection:
        head = "POST /v1/nothing/scores HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n"
        connection.sendall(head.encode() + b"{" * 30_000)
        time.sleep(0.3)  # the answer is under way by now
        connection.sendall(b"{" * 30_000)
        said = said_on(connection)

    assert json.loads(said.split(b"\r\n\r\n", 1)[1])["status"] == 404


@pytest.fixture
def ends() -> Iterator[tuple[PlainParting, socket.socket]]:
    one, other = socket.socketpair()
    with closing(parting(one)) as ours, closing(other):
        yield ours, other


def test_a_connection_whose_request_was_read_whole_need_not_wait(
    ends: tuple[PlainParting, socket.socket],
) -> None:
    ours, _ = ends
    ours.done = True

    with pytest.raises(OSError, match="nothing to wait for"):
        ours.shutdown(socket.SHUT_WR)


def test_what_arrived_and_nobody_read_is_thrown_away_so_that_the_answer_is_not_cut_off(
    ends: tuple[PlainParting, socket.socket],
) -> None:
    ours, other = ends
    other.sendall(b"more" * 5_000)
    ours.settimeout(5)
    ours.done = True

    with pytest.raises(OSError, match="nothing to wait for"):
        ours.shutdown(socket.SHUT_WR)
    assert not readable(ours, 0)


@pytest.mark.parametrize("unread", [b"", b"more"])
def test_any_other_is_half_closed_first(
    ends: tuple[PlainParting, socket.socket], unread: bytes
) -> None:
    ours, other = ends
    other.sendall(unread)

    ours.shutdown(socket.SHUT_WR)

    assert other.recv(1) == b""
