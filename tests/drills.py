"""Fault drills: clients send under load while something breaks, and send again until it is whole.

Every request has its own Idempotency-Key. Whatever breaks, what was acknowledged must stay as it
was answered, what was not must be answered when it is sent again, and once only.
"""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from riskscore.settings import Settings
from tests.killing import application
from tests.serving import Server, serving

SENDERS = 4
PAUSE = 0.05  # seconds before a client tries again
PATIENCE = 60.0  # seconds until everything must have been answered
PRODUCT, SCORES = "phone_subscription", "/v1/phone-subscription/scores"
CUT = (OSError, http.client.HTTPException)

Json = dict[str, Any]


@dataclass
class Service:
    """A service that may be stopped and started; clients ask it where it listens."""

    models: Path
    folder: Path
    settings: Settings
    server: Server | None = None
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def environ(self) -> dict[str, str]:
        return {
            "database_url": self.settings.database_url,
            "pseudonym_key_file": str(self.settings.pseudonym_key_file),
            "store_timeout": "1",
        }

    def up(self) -> None:
        running = serving(self.models, self.folder, "--workers", "3", **self.environ)
        self.server = self.stack.enter_context(running)

    def down(self) -> None:
        self.stack.close()  # clients go on to knock
        self.server = None

    @property
    def running(self) -> Server:
        assert self.server
        return self.server


@dataclass
class Order:
    """One request, and what was answered to it so far."""

    key: str
    path: str
    body: Json
    answers: dict[int, str] = field(default_factory=dict)
    whole: bytes | None = None

    @property
    def many(self) -> bool:
        return self.path.endswith("batch")

    @property
    def rows(self) -> int:
        return len(self.body["applications"]) if self.many else 1

    def decision_id(self, place: int) -> str:
        return str(json.loads(self.answers[place])["decision_id"])

    def take(self, content: bytes) -> list[str]:
        """Take an answer in; returns how rows were refused, which are left for the next time.

        While the store is away it cannot tell an answer again either; ``settle`` asks once more.
        """
        refused: list[str] = []
        results = json.loads(content)["results"] if self.many else [json.loads(content)]
        for place, each in enumerate(results):
            if "problem" in each:
                refused.append(str(each["problem"]["status"]))
                continue
            told = json.dumps(each)
            assert self.answers.setdefault(place, told) == told, "answered in two ways"
        if not refused:
            assert self.whole in {None, content}, "not the same bytes"
            self.whole = content
        return refused


@dataclass
class Clients:
    """Senders that go on until they are told to stop, each with its own chance."""

    service: Service
    seed: int
    cutting: float = 0.0  # how often a client hangs up before it has read the answer
    orders: list[Order] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    broken: list[BaseException] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def sending(self) -> Iterator[None]:
        senders = [threading.Thread(target=self.send_all, args=(each,)) for each in range(SENDERS)]
        for each in senders:
            each.start()
        try:
            yield
        finally:
            self.stopped.set()
            for each in senders:
                each.join()
        assert not self.broken, self.broken

    def send_all(self, sender: int) -> None:
        chance = Random(f"{self.seed} {sender}")  # noqa: S311 - told again by its seed
        mine: list[Order] = []
        try:
            while not self.stopped.is_set():
                mine.append(order(f"{self.seed}-{sender}-{len(mine)}", chance, mine))
                self.orders.append(mine[-1])
                self.send(mine[-1], chance)
                self.send(chance.choice(mine), chance)
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits for us
            self.broken.append(error)

    def send(self, sent: Order, chance: Random) -> None:
        server = self.service.server
        if server is None:
            time.sleep(PAUSE)
            return
        hang_up = chance.random() < self.cutting
        try:
            status, content = exchange(
                server.port, sent, chance.random() * 0.02 if hang_up else None
            )
        except CUT:
            self.told["cut"] += 1
            time.sleep(PAUSE)
            return
        self.told[str(status)] += 1
        if status in {200, 201}:
            self.told.update(sent.take(content))

    def settle(self) -> None:
        """Send everything again until all of it is answered, then once more."""
        chance, self.cutting = Random(self.seed), 0.0  # noqa: S311
        deadline = time.monotonic() + PATIENCE
        while left := [each for each in self.orders if each.whole is None]:
            assert time.monotonic() < deadline, (
                f"{len(left)} orders were never answered: {self.told}"
            )
            for each in left:
                self.send(each, chance)
        for each in self.orders:
            self.send(each, chance)


def order(key: str, chance: Random, before: list[Order]) -> Order:
    """Make a request: one application, some of them, or an outcome of one that was answered."""
    judged = [each for each in before if each.path == SCORES and each.whole]
    kind = chance.random()
    if kind < 0.2 and judged:
        about = {"product": PRODUCT, "reference": chance.choice(judged).body["reference"]}
        said = {"status": chance.choice(["confirmed", "cleared"]), "source": "listed"}
        return Order(key, "/v1/outcomes", about | said)
    if kind < 0.3:
        rows = [application(f"{key}-{place}") for place in range(chance.randrange(1, 120))]
        return Order(key, f"{SCORES}/batch", {"applications": rows})
    return Order(key, SCORES, application(key))


def exchange(port: int, sent: Order, hang_up: float | None) -> tuple[int, bytes]:
    """Send and read, or hang up after so many seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Content-Type": "application/json", "Idempotency-Key": sent.key}
    try:
        connection.request("POST", sent.path, json.dumps(sent.body), headers)
        if hang_up is not None:
            time.sleep(hang_up)
            raise ConnectionAbortedError
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
