"""Gunicorn's settings: ``gunicorn -c python:riskscore.server riskscore.wsgi:app``.

No preloading: a booster that was loaded before the fork hangs in the child. Code may be shared.
"""

import gc
import logging
import os
import ssl
import sys
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from riskscore.doorway import let_go
from riskscore.draining import DrainingWorker, shut_the_door
from riskscore.errors import ConfigError
from riskscore.logs import JsonLines
from riskscore.settings import Settings, settings_from
from riskscore.tls import Files, files_from, read_context

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - writable even where the root is not
ECHOES = ("Worker (pid:%s) exited with code %s.", "Shutting down: %s", "Reason: %s")


def read_settings() -> tuple[Settings, Files | None]:
    """Read what the server needs, and prove the files it would speak TLS with."""
    try:
        settings = settings_from(os.environ)
        files = files_from(settings)
        if files:
            read_context(files)
    except ConfigError as error:
        sys.exit(f"Error: {error}")
    return settings, files


class Log(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own log as our JSON lines."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonLines())
            handler.addFilter(says_something_new)


def says_something_new(record: logging.LogRecord) -> bool:
    """Drop what gunicorn adds when a worker could not start: the worker has said why."""
    boot = record.msg != ECHOES[0] or Arbiter.WORKER_BOOT_ERROR in (record.args or ())
    return not (record.levelno == logging.ERROR and record.msg in ECHOES and boot)


def when_ready(server: Any) -> None:
    """Prepare what all workers share, before the first is forked."""
    server.handle_term = partial(stop, server, server.handle_term)
    import_once()


def import_once() -> None:
    """Import the service here, so that a worker starts in a moment; only code, never a model.

    Code that numba compiled is code: workers share its memory, and none of them has to compile.

    xgboost takes in scikit-learn wherever it is installed, and that the pandas beside it: for
    nothing, and it would double what the service needs to start and to hold.
    """
    os.environ["OMP_NUM_THREADS"] = "1"  # workers share the cores, and forking wants no threads
    sys.modules["sklearn"] = None  # type: ignore[assignment]  # what makes its import fail
    import_module("riskscore.app")
    import_module("riskscore.model.trees").load_walks()


def stop(server: Any, handle_term: Any) -> None:
    shut_the_door(server.LISTENERS)
    handle_term()


def post_worker_init(worker: Any) -> None:
    """Say where we listen as soon as somebody would answer.

    What a worker holds by now it keeps: collecting garbage need not look at it ever again.
    """
    gc.collect()
    gc.freeze()
    if worker.age == 1:
        service = worker.wsgi.extensions["riskscore"]
        sys.stdout.write(service.invitation(url_of(worker.sockets[0])))
        sys.stdout.flush()


def child_exit(server: Any, worker: Any) -> None:
    """Note that a worker has left, however it did."""
    del server
    let_go(worker.age)


def url_of(listener: Any) -> str:
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - shown, not bound
    scheme = "https" if tls else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def ssl_context(cfg: Any, default: Any) -> ssl.SSLContext:
    """Hand gunicorn, which asks at every connection, what this worker read when it started."""
    del cfg, default
    return context_of_worker(tls)


context_of_worker = cache(read_context)
settings, tls = read_settings()
bind = settings.bind
workers = settings.workers
timeout = settings.timeout
certfile, keyfile = (str(tls.cert), str(tls.key)) if tls else (None, None)
graceful_timeout = 30  # seconds; the largest batch takes less
worker_class = DrainingWorker
logger_class = Log
loglevel = "info" if settings.log_level == "DEBUG" else "warning"  # its debug tells every path
control_socket_disable = True
worker_tmp_dir = str(SHARED_MEMORY) if SHARED_MEMORY.is_dir() else None
