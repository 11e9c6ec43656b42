"""What is another tenant's is told as what is not there, by the same work, to the byte."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse

from riskscore.api.served import EXTENSION
from tests.callers import DECISION, DECISIONS, OUTCOMES, PRODUCT, SAID, Town, town

Json = dict[str, Any]
THERE = "01a20056-956c-7bf9-81ec-4660a9ef2e48"  # in place of what is asked for
HASH = re.compile(r"x'[0-9a-f]+'")
OF_ONE: dict[str, Callable[[str, str], tuple[str, str, Json | None]]] = {
    "a decision": lambda made, _: ("GET", DECISION.format(decision_id=made), None),
    "decisions of a reference": lambda _, name: ("GET", f"{DECISIONS}?reference={name}", None),
    "an outcome of a decision": lambda made, _: ("POST", OUTCOMES, SAID | {"decision_id": made}),
    "an outcome of a reference": lambda _, name: ("POST", OUTCOMES, SAID | of(name)),
    "outcomes of both": lambda made, name: (
        "POST",
        OUTCOMES,
        {"outcomes": [SAID | {"decision_id": made}, SAID | of(name)]},
    ),
}


def of(reference: str) -> Json:
    return {"product": PRODUCT, "reference": reference}


@pytest.fixture(scope="module")
def all_(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(models, tmp_path_factory.mktemp("town")) as founded:
        yield founded


@pytest.fixture
def traced(all_: Town) -> Iterator[list[str]]:
    """Collect every statement that SQLite is given, with its values."""
    statements: list[str] = []
    store = all_.app.extensions[EXTENSION].store
    engine = store.engine
    store.let_go()

    def trace(connection: Any, _: object) -> None:
        connection.set_trace_callback(statements.append)

    event.listen(engine, "connect", trace)
    yield statements
    event.remove(engine, "connect", trace)
    store.let_go()


@pytest.mark.parametrize("under", [{}, {"Idempotency-Key": "one"}], ids=["", "under a key"])
@pytest.mark.parametrize("kind", list(OF_ONE))
def test_another_s_and_what_is_not_there_are_told_alike_by_the_same_statements(
    all_: Town, traced: list[str], kind: str, under: dict[str, str]
) -> None:
    another_s, reference = all_.made[0]
    for made, name in ((another_s, reference), (str(uuid4()), "none-0")):
        ask(all_, kind, made, name)  # what the door and the pool look up first they know by now

    told, done = [], []
    for made, name in ((another_s, reference), (str(uuid4()), "none-0")):
        traced.clear()
        answer = ask(all_, kind, made, name, **under)
        told.append(plain(answer, made, name))
        done.append([without(each, made, name) for each in traced])

    assert told[0] == told[1]
    assert done[0] == done[1]
    assert any("decision" in each for each in done[0])


def ask(all_: Town, kind: str, made: str, name: str, **headers: str) -> TestResponse:
    method, path, body = OF_ONE[kind](made, name)
    shown = {**all_.other, **headers}
    return all_.app.test_client().open(path, method=method, json=body, headers=shown)


def plain(answer: TestResponse, made: str, name: str) -> tuple[int, list[tuple[str, str]], str]:
    return answer.status_code, sorted(answer.headers), without(answer.text, made, name)


def without(text: str, made: str, name: str) -> str:
    """Leave out what was asked for, as it is spelled in SQL and in answers, and its hashes."""
    for each in (made, made.replace("-", ""), name):
        text = text.replace(json.dumps(each)[1:-1], THERE)
    return HASH.sub("x''", text)
