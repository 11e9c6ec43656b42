"""Send each request several times at once under its key, and see what became of them."""

import json
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from random import Random

from tests.killing import application
from tests.serving import Server

SCORES = "/v1/phone-subscription/scores"
CALLERS = 24
APART = 30  # requests that twins are apart at most, so that they meet


def send_twins(server: Server, *, keys: int, times: int, seed: int) -> Mapping[int, list[bytes]]:
    """Send so many requests so many times; returns the answers by key."""
    chance = Random(seed)  # noqa: S311 - told again by its seed
    wanted = [key for key in range(keys) for _ in range(times)]
    places = [place + chance.uniform(0, APART) for place in range(len(wanted))]
    order = [key for _, key in sorted(zip(places, wanted, strict=True))]
    answers: dict[int, list[bytes]] = defaultdict(list)
    with ThreadPoolExecutor(CALLERS) as callers:
        told = callers.map(lambda key: (key, until_answered(server, f"{seed}-{key}")), order)
        for key, answer in told:
            answers[key].append(answer)
    return answers


def until_answered(server: Server, key: str) -> bytes:
    """Send a request, again while its twin is at work or the store is busy."""
    body = json.dumps(application(f"twin-{key}"))
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    while True:
        with closing(server.connection()) as connection:
            connection.request("POST", SCORES, body, headers)
            response = connection.getresponse()
            content = response.read()
        if response.status not in {409, 503}:
            assert response.status == 200, content
            return content


def check_twins(server: Server, answers: Mapping[int, list[bytes]], times: int) -> None:
    """Prove that all twins have one answer, and that it tells of the one decision."""
    for twins in answers.values():
        assert len(twins) == times
        assert len(set(twins)) == 1
        said = json.loads(twins[0])
        _, listed = server.request("GET", f"/v1/decisions?reference={said['reference']}")
        assert [each["decision_id"] for each in listed["decisions"]] == [said["decision_id"]]
