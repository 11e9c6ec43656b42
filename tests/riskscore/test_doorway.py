"""How many of those who wait a worker takes."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from riskscore import doorway
from riskscore.doorway import MOST, let_go, let_in, share

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
