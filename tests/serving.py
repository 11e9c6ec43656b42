"""A real server in real processes, for tests that need one."""

import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SERVE = [sys.executable, "-c", "from riskscore.cli import main; main()", "serve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server and what it said."""

    process: subprocess.Popen[str]
    port: int
    said: str
    errors: Path
    tls: ssl.SSLContext | None = None  # how to speak with one that speaks TLS

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def connection(self) -> http.client.HTTPConnection:
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        with closing(self.connection()) as connection:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, json.loads(response.read())


@contextmanager
def serving(models: Path, folder: Path, *options: str, **environ: str) -> Iterator[Server]:
    """Serve on a free port, with a store in the folder unless told; stop at the end.

    Args:
        models: The bundles.
        folder: For the log and the store.
        options: Of the command.
        environ: Settings, such as ``database_url``.
    """
    errors = folder / "errors.txt"
    told = "database_url_file" in environ
    store = {} if told else {"database_url": f"sqlite:///{folder}/riskscore.db"}
    with errors.open("a") as file, start(models, file, *options, **store | environ) as process:
        assert process.stdout
        said = ""
        while "curl" not in said:
            said += process.stdout.readline()
            assert process.poll() is None, errors.read_text()
        [port] = set(re.findall(r"https?://127\.0\.0\.1:(\d+)", said))
        try:
            yield Server(process=process, port=int(port), said=said, errors=errors)
        finally:
            process.terminate()
            process.wait(40)


def start(models: Path, errors: Any, *options: str, **environ: str) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if "RISKSCORE" not in name}
    keys = {} if {"jwks", "keys"} & environ.keys() else {"RISKSCORE_DEV": "1"}
    ours = keys | {f"RISKSCORE_{name.upper()}": value for name, value in environ.items()}
    return subprocess.Popen(  # noqa: S603 - our own words
        [*SERVE, "--models", str(models), "--bind", "127.0.0.1:0", *options],
        env=kept | ours,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )
