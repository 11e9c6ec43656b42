"""Kill workers under load, and see what is left of what they acknowledged."""

import http.client
import json
import os
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from riskscore.history.schema import decision, event, sighting
from riskscore.history.store import Store
from tests.serving import Server, serving

SENDERS = 4
BETWEEN = 0.4  # seconds between kills


@dataclass
class Load:
    """Clients that send applications as fast as they are answered."""

    server: Server
    acknowledged: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def send(self, sender: int) -> None:
        number = 0
        while not self.stopped.is_set():
            number += 1
            body = json.dumps(application(f"{os.getpid()}-{time.time_ns()}-{sender}-{number}"))
            try:
                status, answer = self.server.request("POST", "/v1/phone-subscription/scores", body)
            except (OSError, http.client.HTTPException, json.JSONDecodeError):
                continue
            if status == 200:
                self.acknowledged.append(answer["decision_id"])


def application(reference: str) -> dict[str, object]:
    return {
        "reference": reference,
        "entities": {"document": f"D-{reference[-1]}", "msisdn": "+66812345678"},
        "features": {"sims_on_document": 2, "channel": "store", "prepaid": True},
    }


def killed_under_load(models: Path, folder: Path, *, kills: int, **environ: str) -> list[str]:
    """Serve, send and kill; returns the ids of the decisions that were acknowledged."""
    with serving(models, folder, "--workers", "3", **environ) as server:
        load = Load(server)
        senders = [threading.Thread(target=load.send, args=(number,)) for number in range(SENDERS)]
        for each in senders:
            each.start()
        for number in range(kills):
            time.sleep(BETWEEN)
            workers = workers_of(server.process.pid)
            if workers:
                os.kill(workers[number % len(workers)], signal.SIGKILL)
        time.sleep(BETWEEN)
        load.stopped.set()
        for each in senders:
            each.join()
    return load.acknowledged


def workers_of(arbiter: int) -> list[int]:
    children = Path(f"/proc/{arbiter}/task/{arbiter}/children").read_text()
    return [int(each) for each in children.split()]


def check_whole(store: Store, acknowledged: list[str]) -> None:
    """Prove that every acknowledged decision is there once, and that nothing is half there."""
    with store.reading() as connection:
        kept = [str(each) for each in connection.scalars(select(decision.c.id))]
        events = connection.scalar(select(func.count()).select_from(event))
        seen = connection.scalar(select(func.count()).select_from(sighting))
        unscored = connection.scalar(select(func.count()).where(event.c.score.is_(None)))
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert acknowledged
    assert len(acknowledged) == len(set(acknowledged))
    assert set(acknowledged) <= set(kept)
    assert len(kept) == len(set(kept)) == events
    assert seen == 2 * len(kept)
    assert unscored == 0
