"""Servers under measurement: started on a free loopback port, awaited, and ended by their id."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.key import HEADER

PATIENCE = 120.0  # seconds until a server must answer
PAUSE = 0.02  # seconds between attempts
LEAVE = 10.0  # seconds to end by itself
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class NotServed(Exception):
    """A server could not be started, or refuses what it should answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How a server is started.

    Attributes:
        command: Its words; ``{port}`` stands for the port.
        environ: Added to ours; ``{port}`` likewise.
        path: Of the URL that is measured.
        folder: Where it runs.
        log: What it says goes here.
    """

    command: Sequence[str]
    environ: Mapping[str, str]
    path: str
    folder: Path
    log: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that answers.

    Attributes:
        ready: Seconds from its start to its first answer.
    """

    url: str
    ready: float


@contextmanager
def serving(launch: Launch, body: bytes) -> Iterator[Server]:
    """Start a server and wait until it answers a body; end it with all its processes.

    Raises:
        NotServed: It ended, or did not answer as it should in time.
    """
    port = free_port()
    launch.log.parent.mkdir(parents=True, exist_ok=True)
    url = f"http://127.0.0.1:{port}{launch.path}"
    started = time.monotonic()
    with launch.log.open("w") as log:
        process = subprocess.Popen(
            [word.replace("{port}", str(port)) for word in launch.command],
            cwd=launch.folder,
            env=environment(launch, port),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            await_answer(process, url, body, launch.log)
            yield Server(url=url, ready=time.monotonic() - started)
        finally:
            end(process)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def environment(launch: Launch, port: int) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if "RISKSCORE" not in name}
    asked = {name: value.replace("{port}", str(port)) for name, value in launch.environ.items()}
    return ours | ONE_THREAD | asked


def await_answer(process: subprocess.Popen[bytes], url: str, body: bytes, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    said = "no answer"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NotServed(f"ended at its start, see {log}")
        with suppress(OSError):  # not there yet
            try:
                ask(url, body)
            except urllib.error.HTTPError as error:
                said = f"status {error.code}"
            else:
                return
        time.sleep(PAUSE)
    raise NotServed(f"{said} in {PATIENCE:.0f} s, see {log}")


def ask(url: str, body: bytes) -> bytes:
    """Send one body.

    Raises:
        HTTPError: It was refused.
        OSError: Nobody is there.
    """
    headers = {"Content-Type": "application/json", **HEADER}
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310 - loopback
        answer: bytes = response.read()
        return answer


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a server to leave; what is left of its processes after a while is ended."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(LEAVE)
    with suppress(ProcessLookupError):  # all have left
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
