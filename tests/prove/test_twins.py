"""Ten thousand writes under a thousand keys, each ten times, many at once: a thousand decisions."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from riskscore.history.schema import decision, event, kept_answer
from riskscore.history.store import store_from
from riskscore.settings import Settings
from tests.serving import Server, serving

KEYS, TIMES, CALLERS = 1_000, 10, 8
SCORES = "/v1/phone-subscription/scores"


@pytest.fixture
def server(store_settings: Settings, models: Path, tmp_path: Path) -> Iterator[Server]:
    environ = {
        "database_url": store_settings.database_url,
        "pseudonym_key_file": str(store_settings.pseudonym_key_file),
        "store_timeout": "30",
    }
    with serving(models, tmp_path, "--workers", "3", **environ) as running:
        yield running


def ask(port: int, key: int) -> tuple[int, bytes]:
    body = {
        "reference": f"r{key}",
        "entities": {"document": f"D{key}"},
        "features": {"sims_on_document": key % 9, "channel": "store", "prepaid": True},
    }
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"key-{key}"}
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("POST", SCORES, json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, response.read()


def test_a_thousand_keys_ten_times_each_are_a_thousand_decisions(
    server: Server, store_settings: Settings
) -> None:
    keys = [*range(KEYS)] * TIMES
    Random(7).shuffle(keys)  # noqa: S311 - no secret

    with ThreadPoolExecutor(CALLERS) as callers:
        answers = [*callers.map(lambda key: (key, *ask(server.port, key)), keys)]

    assert {status for _, status, _ in answers} == {200}
    assert len({(key, content) for key, _, content in answers}) == KEYS
    with closing(store_from(store_settings)) as store, store.reading() as connection:
        for table in (decision, event, kept_answer):
            assert connection.scalar(select(func.count()).select_from(table)) == KEYS
