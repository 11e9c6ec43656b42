"""Load at a fixed rate: callers come at random moments, whoever was answered or not.

wrk's clients wait for each other, so a slow answer hides the wait of whoever would have come
meanwhile. Here every request has a moment at which it is due, gaps exponential, and its latency
runs from that moment.
"""

import http.client
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from bench.bodies import REFERENCE
from bench.key import HEADER
from bench.wrk import Load

CALLERS = 16  # requests under way at once, at most
HEADERS = {"Content-Type": "application/json", **HEADER}


class Queue:
    """Requests that become due, handed to whichever caller is free."""

    def __init__(self, due: Sequence[float], bodies: Sequence[bytes]) -> None:
        self.lock = threading.Lock()
        self.left = iter(list(zip(due, bodies, strict=True)))
        self.took: list[float] = []
        self.errors = 0

    def next(self) -> tuple[float, bytes] | None:
        with self.lock:
            return next(self.left, None)


def paced(url: str, bodies: Path, *, rate: float, seconds: float) -> Load:
    """Send ``rate`` requests a second for a while; ``errors`` are answers other than 200."""
    number = int(rate * seconds)
    gaps = np.random.default_rng(0).exponential(1 / rate, number)
    sent = list(numbered(bodies, number))
    queue = Queue((time.perf_counter() + 0.1 + gaps.cumsum()).tolist(), sent)
    callers = [threading.Thread(target=call, args=(url, queue)) for _ in range(CALLERS)]
    started = time.perf_counter()
    for each in callers:
        each.start()
    for each in callers:
        each.join()
    p50, p99 = np.percentile(queue.took, [50, 99]) * 1000
    answered = len(queue.took) / (time.perf_counter() - started)
    return Load(answered, float(p50), float(p99), queue.errors)


def numbered(bodies: Path, number: int) -> Iterator[bytes]:
    run = secrets.token_hex(4)
    lines = bodies.read_text().splitlines()
    for place in range(number):
        line = lines[place % len(lines)]
        yield line.replace(REFERENCE, f"{run}-{place:08}", 1).encode()


def call(url: str, queue: Queue) -> None:
    place = urlsplit(url)
    while (each := queue.next()) is not None:
        due, body = each
        time.sleep(max(0.0, due - time.perf_counter()))
        with closing(http.client.HTTPConnection(place.netloc, timeout=10)) as connection:
            connection.request("POST", place.path, body, HEADERS)
            response = connection.getresponse()
            response.read()
        with queue.lock:
            queue.took.append(time.perf_counter() - due)
            queue.errors += response.status != HTTPStatus.OK
