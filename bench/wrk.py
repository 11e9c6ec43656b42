"""Load from wrk: a fixed number of clients, each asking again as soon as it is answered."""

import secrets
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from bench.key import HEADER

SCRIPT = Path(__file__).with_name("send.lua")
THREADS = 2
MICRO = 1_000_000
MISSING = "wrk is not installed: apt-get install wrk"


class Load(NamedTuple):
    """What a run of wrk found.

    Attributes:
        rate: Answers per second.
        p50: Milliseconds.
        p99: Milliseconds.
        errors: Refused, failed or late.
    """

    rate: float
    p50: float
    p99: float
    errors: int


def installed() -> bool:
    return shutil.which("wrk") is not None


def load(url: str, bodies: Path, *, clients: int, seconds: float) -> Load:
    """Send bodies in turn, each with a reference that was never sent before."""
    threads = min(THREADS, clients)
    options = [f"-t{threads}", f"-c{clients}", f"-d{round(seconds)}s", "--timeout", "10s"]
    replayed = [str(bodies), secrets.token_hex(4), str(threads), HEADER["Authorization"]]
    done = subprocess.run(
        ["wrk", *options, "-s", str(SCRIPT), url, "--", *replayed],  # noqa: S607 - wherever it is
        check=True,
        capture_output=True,
        text=True,
    )
    return found(done.stdout)


def found(said: str) -> Load:
    """Read the line that our script writes at the end of a run."""
    [line] = [each for each in said.splitlines() if each.startswith("measured ")]
    requests, duration, p50, p99, errors = map(int, line.split()[1:])
    return Load(requests / duration * MICRO, p50 / 1000, p99 / 1000, errors)
