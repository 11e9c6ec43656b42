"""How many of those who wait a worker takes."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from riskscore import doorway
from riskscore.doorway import MOST, Caller, let_go, let_in, share
from riskscore.parting import parting

WORKERS = 2


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A door at which ten wait."""
    with closing(socket.create_server(("127.0.0.1", 0))) as door, ExitStack() as waiting:
        for _ in range(10):
            waiting.enter_context(closing(socket.create_connection(door.getsockname())))
        door.settimeout(0)
        yield door


@pytest.fixture(autouse=True)
def nobody_held() -> Iterator[None]:
    yield
    for age in range(doorway.SLOTS):
        let_go(age)


def taken(listener: socket.socket, age: int, workers: int = WORKERS) -> int:
    with let_in(listener, age, workers) as callers:
        for each in callers:
            each.client.close()
        return len(callers)


def test_a_worker_leaves_to_an_idle_one_whoever_else_waits(listener: socket.socket) -> None:
    assert taken(listener, 1) == 1


def test_a_worker_takes_one_more_than_a_busy_one_holds(listener: socket.socket) -> None:
    doorway.held[2] = 3

    assert taken(listener, 1) == 4


def test_a_worker_alone_takes_all_that_it_may(listener: socket.socket) -> None:
    assert taken(listener, 1, workers=1) == MOST
    assert taken(listener, 1, workers=1) == 10 - MOST


@pytest.mark.parametrize("others", [[0, 0, 0], [1, 0, 2], [8, 8, 8]])
def test_no_worker_takes_more_than_one_beyond_what_others_hold_on_average(
    others: list[int],
) -> None:
    for age, each in enumerate(others, 2):
        doorway.held[age] = each

    assert share(1, workers=4) == min(MOST, 1 + sum(others) // 3)


def test_what_a_worker_holds_is_told_while_it_holds_it(listener: socket.socket) -> None:
    with let_in(listener, 1, workers=1) as callers:
        assert doorway.held[1] == len(callers)
        assert share(2, WORKERS) == min(MOST, 1 + len(callers))
        for each in callers:
            each.client.close()

    assert share(2, WORKERS) == 1


def test_a_worker_that_died_holds_nobody() -> None:
    doorway.held[1] = 5
    assert share(2, WORKERS) == 6

    let_go(1)

    assert share(2, WORKERS) == 1


def test_at_a_door_where_nobody_waits_nobody_is_let_in() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as door:
        door.settimeout(0)

        with pytest.raises(BlockingIOError), let_in(door, 1, WORKERS):
            pytest.fail("somebody was")

    assert share(2, WORKERS) == 1


POST = b"POST / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("sent", "arrived"),
    [
        (POST + b"Content-Length: 4\r\n\r\nbody", True),
        (POST + b"content-length:4\r\nAccept: */*\r\n\r\nbody", True),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (POST + b"Content-Length: 5\r\n\r\nbody", False),
        (POST + b"Content-Length: 4\r\n", False),
        (POST + b"Content-Length: 4\r\nContent-Length: 0\r\n\r\nbody", False),
        (POST + b"Content-Length: 4x\r\n\r\nbody", False),
        (POST + b"Content-Length: " + b"0" * 10_000 + b"\r\n\r\n", False),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n", False),
        (POST + b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n", False),
        (POST + b"Content-Length: 20000\r\n\r\n" + b" " * 20_000, False),
        (b"\x16\x03\x01\x02\x00", False),
        (b"", False),
    ],
)
def test_a_request_has_arrived_when_nothing_of_it_is_left_to_come(
    sent: bytes, *, arrived: bool
) -> None:
    one, other = socket.socketpair()
    with closing(parting(one)) as ours, closing(other):
        other.sendall(sent)
        ours.settimeout(0)

        assert Caller(ours, None).arrived is arrived
        assert ours.recv(1, socket.MSG_PEEK) == sent[:1] if sent else True
