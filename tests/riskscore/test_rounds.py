"""Requests that wait at the same time act together, and none is answered otherwise for it."""

import json
import os
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from riskscore.access.keys import Grant, create
from riskscore.draining import PATIENCE
from riskscore.errors import StoreUnavailable
from riskscore.history.store import store_from
from riskscore.rounds import hold, together
from riskscore.settings import Settings
from tests.clients import served
from tests.killing import workers_of
from tests.serving import Server, serving

LINGERING = 2.0  # seconds that gunicorn waits for the other end
PATH = "/v1/phone-subscription/scores"
TOLD = ("score", "probability", "level", "recommendation", "reasons", "data_quality", "coverage")

Json = dict[str, Any]
Asked = list[tuple[str, list[int]]]


def application(number: int, **change: Any) -> Json:
    return {
        "reference": f"R-{number}",
        "occurred_at": "2026-11-21T10:00:00Z",
        "entities": {"document": "D-1", "msisdn": f"+6681234{number:04}"},
        "features": {"sims_on_document": number, "channel": "store", "prepaid": True},
    } | change


def round_of(requests: Sequence[Callable[[], Any]]) -> list[Any]:
    """Hold a round, and return what each of its requests returned."""
    answers: list[Any] = [None] * len(requests)

    def keep(place: int) -> None:
        answers[place] = requests[place]()

    hold((partial(keep, place) for place in range(len(requests))), beat=lambda: None)
    return answers


@pytest.fixture
def asked(settings: Settings, tmp_path: Path) -> Settings:
    return replace(settings, database_url=f"sqlite:///{tmp_path}/riskscore.db")


@given(st.lists(st.tuples(st.sampled_from("ab"), st.lists(st.integers(), max_size=3)), max_size=8))
def test_each_gets_what_it_would_have_got_alone(requests: Asked) -> None:
    def request(key: str, items: list[int]) -> list[Any]:
        named = together(key, lambda some: [(key, each) for each in some], items, most=3)
        return [*named, *together("c", lambda some: [-each for each in some], items, most=3)]

    asked = [partial(request, *each) for each in requests]

    assert round_of(asked) == [each() for each in asked]


@given(st.lists(st.integers(1, 3), min_size=1, max_size=9))
def test_no_act_takes_more_than_it_may_and_none_is_needless(sizes: list[int]) -> None:
    acts: list[int] = []

    def act(items: Sequence[int]) -> Sequence[int]:
        acts.append(len(items))
        return items

    round_of([partial(together, "key", act, [*range(size)], most=4) for size in sizes])

    assert sum(acts) == sum(sizes)
    assert max(acts) <= 4
    assert all(one + other > 4 for one, other in pairwise(acts))


def test_what_fails_for_one_fails_for_nobody_else() -> None:
    def act(items: Sequence[int]) -> Sequence[float]:
        return [1 / each for each in items]

    def request(item: int) -> float | str:
        try:
            return together("key", act, [item], most=9)[0]
        except ZeroDivisionError:
            return "by zero"

    assert round_of([partial(request, each) for each in (1, 0, 2)]) == [1, "by zero", 0.5]


def test_a_store_that_is_away_is_waited_for_once() -> None:
    tried: list[int] = []

    def act(items: Sequence[int]) -> Sequence[int]:
        tried.append(len(items))
        raise StoreUnavailable("away")

    def request() -> str:
        with pytest.raises(StoreUnavailable):
            together("key", act, [1], most=9)
        return "told so"

    assert round_of([request] * 3) == ["told so"] * 3
    assert tried == [3]


def test_what_interrupts_an_act_reaches_every_seat_and_what_escapes_one_spares_the_others() -> None:
    def act(items: Sequence[int]) -> Sequence[int]:
        if items[0]:
            return items
        raise SystemExit(1)

    told: list[object] = []

    def interrupted() -> None:
        try:
            together("ended", act, [0], most=9)
        except SystemExit:
            told.append("interrupted")

    def escaping() -> None:
        together("fine", act, [1], most=9)
        raise KeyboardInterrupt

    def fine() -> None:
        told.append(together("fine", act, [2], most=9))

    beats: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        hold([interrupted, escaping, interrupted, fine], beat=lambda: beats.append(len(told)))

    assert told == ["interrupted", "interrupted", [2]]
    assert len(beats) == 8


def test_a_test_is_answered_though_its_neighbour_cannot_be_stored(asked: Settings) -> None:
    bodies = [application(1) | {"purpose": "test"}, application(2)]

    with (
        served(asked, store_timeout=1) as client,
        closing(store_from(asked)) as other,
        other.writing(),
    ):
        answers = round_of([partial(posted, client, each) for each in bodies])

    assert [each["status"] for each in answers] == [200, 503]


def posted(client: FlaskClient, body: Json, **headers: str) -> Json:
    path = f"{PATH}/batch" if "applications" in body else PATH
    answer = client.post(
        path, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    found: Json = answer.get_json() | {"status": answer.status_code}
    return found


def told(answer: Json) -> Any:
    """Leave out of an answer what never comes twice."""
    if "results" in answer:
        return [told(each) for each in answer["results"]]
    return {name: answer[name] for name in (*TOLD, "status", "fields") if name in answer}


def test_applications_of_a_round_are_answered_as_if_sent_one_after_another(
    asked: Settings, tmp_path: Path
) -> None:
    bodies = [application(number) for number in range(1, 7)]
    bodies[2] |= {"features": {"sims_on_document": "many"}}
    bodies[3] |= {"reference": "R-1"}
    bodies[4] |= {"purpose": "test"}
    bodies += [{"applications": [application(20), application(21)]}]

    with served(asked) as client:
        together_ = round_of([partial(posted, client, each) for each in bodies])
    with served(asked, database_url=f"sqlite:///{tmp_path}/other.db") as client:
        alone = [posted(client, each) for each in bodies]

    assert [*map(told, together_)] == [*map(told, alone)]
    assert [each["status"] for each in together_] == [200, 200, 422, 200, 200, 200, 200]
    assert moments(tmp_path / "riskscore.db") == 1
    assert moments(tmp_path / "other.db") == len(bodies) - 2


def moments(file: Path) -> int:
    """Count the transactions that decided."""
    with closing(sqlite3.connect(file)) as connection:
        [count] = connection.execute("SELECT count(DISTINCT received_at) FROM decision").fetchone()
        return int(count)


def test_a_quota_refuses_those_of_a_round_that_came_last(asked: Settings) -> None:
    with closing(store_from(asked)) as store:
        store.open()
        key = create(store, Grant(name="desk", tenant="default", scopes=["score:*"], quota=3))
    bodies = [application(number) for number in range(1, 6)]

    with served(asked, dev=False) as client:
        said = [partial(posted, client, each, Authorization=f"Bearer {key}") for each in bodies]
        answers = round_of(said)

    assert [each["status"] for each in answers] == [200, 200, 200, 429, 429]


def test_a_request_with_a_key_of_its_own_is_answered_once_amid_a_round(asked: Settings) -> None:
    with served(asked) as client:
        twin = partial(posted, client, application(1), Idempotency_Key="once")
        first, other, again = round_of([twin, partial(posted, client, application(2)), twin])

    assert first["decision_id"] == again["decision_id"] != other["decision_id"]


@pytest.fixture
def worker(models: Path, tmp_path: Path) -> Iterator[Server]:
    with serving(models, tmp_path, "--dev", "--workers", "1") as running:
        yield running


def test_whoever_waits_while_a_worker_is_busy_is_decided_in_one_transaction(
    worker: Server, tmp_path: Path
) -> None:
    with held_up(worker):
        connections = [worker.connect() for _ in range(6)]
        silent, *speaking = connections
        for number, each in enumerate(speaking):
            each.sendall(request(application(number)))
        time.sleep(0.2)

    answers = [answer_on(each) for each in speaking]
    silent.close()

    assert [each["reference"] for each in answers] == [f"R-{number}" for number in range(5)]
    assert moments(tmp_path / "riskscore.db") == 1


@contextmanager
def held_up(server: Server) -> Iterator[None]:
    """Stop the workers of a server for a while."""
    workers = workers_of(server.process.pid)
    for each in workers:
        os.kill(each, signal.SIGSTOP)
    yield
    for each in workers:
        os.kill(each, signal.SIGCONT)


def request(body: Json) -> bytes:
    sent = json.dumps(body).encode()
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(sent)}\r\n\r\n".encode() + sent


def answer_on(connection: socket.socket) -> Json:
    with closing(connection):
        said = b"".join(iter(partial(connection.recv, 65_536), b""))
    head, body = said.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 200"), head
    found: Json = json.loads(body)
    return found


def test_nobody_of_a_round_waits_for_what_a_neighbour_has_still_to_send(worker: Server) -> None:
    whole = [request(application(number)) for number in range(4)]
    with held_up(worker):
        connections = [worker.connect() for _ in whole]
        slow, *others = connections
        slow.sendall(whole[0][:-10])
        for each, sent in zip(others, whole[1:], strict=True):
            each.sendall(sent)
        time.sleep(0.2)

    started = time.monotonic()
    answers = [answer_on(each) for each in others]
    waited = time.monotonic() - started
    slow.sendall(whole[0][-10:])

    assert [each["reference"] for each in answers] == ["R-1", "R-2", "R-3"]
    assert waited < PATIENCE / 2
    assert answer_on(slow)["reference"] == "R-0"


def test_nobody_of_a_round_waits_for_a_neighbour_that_was_refused_and_keeps_its_end_open(
    worker: Server,
) -> None:
    unread = request(application(1)).replace(b"/phone-subscription/", b"/nothing-served-here/")
    with held_up(worker):
        victim, *refused = [worker.connect() for _ in range(4)]
        victim.sendall(request(application(0)))
        for each in refused:
            each.sendall(unread)
        time.sleep(0.2)

    started = time.monotonic()
    answer = answer_on(victim)
    waited = time.monotonic() - started
    for each in refused:
        assert each.recv(12) == b"HTTP/1.1 404"
        each.close()

    assert answer["reference"] == "R-0"
    assert waited < LINGERING
