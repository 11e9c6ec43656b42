"""Gunicorn's settings: ``gunicorn -c python:riskscore.server riskscore.wsgi:app``.

No preloading: a booster that was loaded before the fork hangs in the child.
"""

import logging
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from riskscore.draining import DrainingWorker, shut_the_door
from riskscore.errors import ConfigError
from riskscore.logs import JsonLines
from riskscore.settings import Settings, settings_from

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - writable even where the root is not
ECHOES = ("Worker (pid:%s) exited with code %s.", "Shutting down: %s", "Reason: %s")


def read_settings() -> Settings:
    try:
        return settings_from(os.environ)
    except ConfigError as error:
        sys.exit(f"Error: {error}")


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
    """Shut the door before workers are told to leave."""
    server.handle_term = partial(stop, server, server.handle_term)


def stop(server: Any, handle_term: Any) -> None:
    shut_the_door(server.LISTENERS)
    handle_term()


def post_fork(server: Any, worker: Any) -> None:
    """Keep scikit-learn out of workers: xgboost takes it in where it is installed, for nothing.

    It, and the pandas it brings, would double what a worker needs to start and to hold.
    """
    del server, worker
    sys.modules["sklearn"] = None  # type: ignore[assignment]  # what makes its import fail


def post_worker_init(worker: Any) -> None:
    """Say where we listen as soon as somebody would answer."""
    if worker.age == 1:
        service = worker.wsgi.extensions["riskscore"]
        sys.stdout.write(service.invitation(url_of(worker.sockets[0])))
        sys.stdout.flush()


def url_of(listener: Any) -> str:
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - shown, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


settings = read_settings()
bind = settings.bind
workers = settings.workers
timeout = settings.timeout
graceful_timeout = 30  # seconds; the largest batch takes less
worker_class = DrainingWorker
logger_class = Log
loglevel = "debug" if settings.log_level == "DEBUG" else "warning"
control_socket_disable = True
raw_env = ["OMP_NUM_THREADS=1"]  # workers share the cores
worker_tmp_dir = str(SHARED_MEMORY) if SHARED_MEMORY.is_dir() else None
