"""The application factory."""

from collections.abc import Callable
from types import TracebackType
from typing import Any

from flask import Flask, Request
from flask.sessions import NullSession, SessionInterface

from riskscore.api import (
    auth,
    decisions,
    docs,
    exchange,
    health,
    openapi,
    outcomes,
    problems,
    products,
    scores,
)
from riskscore.api.bodies import MAX_DEPTH, Orjson
from riskscore.api.served import EXTENSION, load_service
from riskscore.settings import Settings

ExcInfo = tuple[type, BaseException, TracebackType] | tuple[None, None, None]


class NoSessions(SessionInterface):
    """No caller is remembered by a cookie."""

    none = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:
        del app, request
        return self.none


class App(Flask):
    """Flask, with our JSON and our discretion."""

    json_provider_class = Orjson
    request_class = exchange.Exchange
    response_class = exchange.Secured
    session_interface = NoSessions()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return what is called at each request as it is: none of ours is a coroutine."""
        return func

    def log_exception(self, exc_info: ExcInfo) -> None:
        """Log a bug without the path, which a caller may have put an identifier into."""
        self.logger.error("unhandled error", exc_info=exc_info)


def create_app(settings: Settings) -> App:
    """Assemble the service.

    Models are loaded here, before the first request: a worker with a bad bundle must fail to
    start rather than fail to answer.

    Raises:
        StartupError: A bundle or the store is missing or cannot be trusted.
    """
    app = App("riskscore", static_folder=None)
    app.url_map.merge_slashes = False  # a path is known or not: no redirect, which may lose a body
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.config[MAX_DEPTH] = settings.max_depth
    app.extensions[EXTENSION] = load_service(settings)
    for resource in (decisions, docs, health, openapi, outcomes, products, scores):
        app.register_blueprint(resource.bp)
    exchange.register(app)
    auth.register(app)
    app.before_request(exchange.check_correlator)  # 401 comes before 400
    problems.register(app)
    return app
