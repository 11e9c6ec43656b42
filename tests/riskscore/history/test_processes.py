"""Many processes on one store: they create it together, count right together, die alone."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from riskscore.history.store import store_from, upgrade_store
from riskscore.keysource import key_file
from riskscore.settings import Settings
from tests import databases
from tests.killing import application, check_whole, killed_under_load
from tests.serving import Server, serving
from tests.twins import check_twins, send_twins

SCORES = "/v1/phone-subscription/scores"
OPEN = """
import os
from riskscore.history.store import store_from
from riskscore.settings import settings_from
store = store_from(settings_from(os.environ))
print(store.keys_of("default").newest.seal.hex())
store.close()
"""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(
    request: pytest.FixtureRequest, models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Three workers on one store that has known everything for long."""
    folder = tmp_path_factory.mktemp(request.param)
    with database(request, folder) as environ:
        everything = environ | {"known_since": "2020-01-01"}
        with serving(models, folder, "--workers", "3", **everything) as running:
            yield running


@contextmanager
def database(request: pytest.FixtureRequest, folder: Path) -> Iterator[dict[str, str]]:
    if request.param == "sqlite":
        yield {}
        return
    key_file(folder / "pseudonym.key").complete("default")
    server: str = request.getfixturevalue("postgresql_server")
    with databases.new_database(server, "processes") as url:
        upgrade_store(Settings(database_url=url))
        yield {"database_url": url, "pseudonym_key_file": str(folder / "pseudonym.key")}


def test_ten_parallel_applications_on_one_document_count_from_0_to_9(server: Server) -> None:
    with ThreadPoolExecutor(10) as callers:
        answers = list(callers.map(lambda number: send(server, f"r{number}-0"), range(10)))

    told = [server.request("GET", f"/v1/decisions/{each['decision_id']}")[1] for each in answers]
    assert sorted(each["features"]["registrations_7d"] for each in told) == [*range(10)]


def test_one_reference_sent_in_parallel_is_one_event(server: Server) -> None:
    with ThreadPoolExecutor(6) as callers:
        answers = list(callers.map(lambda _: send(server, "same-1"), range(6)))

    listed = server.request("GET", "/v1/decisions?reference=same-1")[1]["decisions"]
    after = send(server, "after-1")
    told = server.request("GET", f"/v1/decisions/{after['decision_id']}")[1]
    assert {each["decision_id"] for each in listed} == {each["decision_id"] for each in answers}
    assert [each["features"]["registrations_7d"] for each in listed] == [0] * 6
    assert told["features"]["registrations_7d"] == 1


def test_twins_under_one_key_get_one_decision_and_the_same_answer(server: Server) -> None:
    answers = send_twins(server, keys=30, times=10, seed=5)

    check_twins(server, answers, 10)


def send(server: Server, reference: str) -> dict[str, Any]:
    sent = application(reference) | {"occurred_at": "2026-11-20T10:00:00Z"}
    status, answer = server.request("POST", SCORES, json.dumps(sent))
    assert status == 200, answer
    answered: dict[str, Any] = answer
    return answered


def test_processes_that_create_a_store_together_all_open_it(tmp_path: Path) -> None:
    environ = {"RISKSCORE_DATABASE_URL": f"sqlite:///{tmp_path}/new/store.db"}

    openers = [
        subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-c", OPEN], env=environ, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    keys = {each.communicate()[0] for each in openers}

    assert {each.returncode for each in openers} == {0}
    assert len(keys) == 1
    assert oct((tmp_path / "new" / "store.key").stat().st_mode & 0o777) == "0o600"
    assert oct((tmp_path / "new" / "store.db").stat().st_mode & 0o777) == "0o600"


def test_processes_that_upgrade_postgresql_together_all_succeed(postgresql_url: str) -> None:
    upgrade = "from riskscore.cli import main; main(['db', 'upgrade'])"

    upgraders = [
        subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-c", upgrade],
            env={"RISKSCORE_DATABASE_URL": postgresql_url},
            stdout=subprocess.DEVNULL,
        )
        for _ in range(3)
    ]

    assert [each.wait() for each in upgraders] == [0, 0, 0]


def test_killed_workers_lose_nothing_that_they_acknowledged(models: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/riskscore.db"

    acknowledged = killed_under_load(models, tmp_path, kills=2, database_url=url)

    with closing(store_from(Settings(database_url=url))) as store:
        check_whole(store, acknowledged)
