"""What every exchange has: a correlator, a language, a log line, headers."""

import logging
import re
from collections.abc import Iterable
from http import HTTPMethod
from time import perf_counter
from typing import Any

from flask import Flask, Request, Response, request

from riskscore.access.caller import Caller
from riskscore.errors import BadHeader

Environ = dict[str, Any]
Headers = list[tuple[str, str]]

log = logging.getLogger("riskscore.requests")

CORRELATOR = re.compile(r"[a-zA-Z0-9\-_:;./<>{}]{0,256}", re.ASCII)  # as in CAMARA's APIs
METHODS = {*map(str, HTTPMethod)}  # a caller may send any word as one
LANGUAGES = ("en", "th")
SECURE = {  # for whoever opens an answer in a browser, where no answer of ours has anything to do
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TLS_ONLY = "max-age=31536000"  # seconds for which a browser shall not come back in the clear


class Exchange(Request):
    """A request, and what becomes known of it on the way to its answer.

    Attributes:
        started: When it was taken up, by ``perf_counter``.
        malformed: Whether its correlator breaks the form.
        correlator: As it was sent; None if it is malformed.
        caller: Who asks, where that matters.
        product: What was scored.
        scored: How many applications were.
        replayed: True if all of it was answered before.
    """

    caller: Caller | None = None
    product: str | None = None
    scored: int | None = None
    replayed: bool | None = None

    def __init__(self, environ: Environ) -> None:
        self.started = perf_counter()
        super().__init__(environ)
        correlator = environ.get("HTTP_X_CORRELATOR")
        self.malformed = correlator is not None and not CORRELATOR.fullmatch(correlator)
        self.correlator = None if self.malformed else correlator

    def elapsed_ms(self) -> float:
        """Milliseconds since it was taken up."""
        return round((perf_counter() - self.started) * 1000, 3)

    def language(self) -> str:
        """Return the first language of ours that the caller accepts; English if none is."""
        if "HTTP_ACCEPT_LANGUAGE" not in self.environ:
            return LANGUAGES[0]
        for tag, quality in self.accept_languages:
            primary = tag.lower().split("-")[0]
            if quality > 0 and primary in LANGUAGES:
                return primary
        return LANGUAGES[0]


class Secured(Response):
    """A response with the headers of ``SECURE``, but for those that it says itself."""

    def get_wsgi_response(self, environ: Environ) -> tuple[Iterable[bytes], str, Headers]:
        """Add them to what is sent: werkzeug checks and copies each that is added before."""
        content, status, headers = super().get_wsgi_response(environ)
        said = {name for name, _ in headers}
        headers += [(name, value) for name, value in SECURE.items() if name not in said]
        if environ["wsgi.url_scheme"] == "https":
            headers.append(("Strict-Transport-Security", TLS_ONLY))
        return content, status, headers


def register(app: Flask) -> None:
    app.after_request(finish)


def at_hand() -> Exchange:
    """Return the exchange itself; Flask's ``request`` looks it up anew for each attribute."""
    exchange: Exchange = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug documents it
    return exchange


def check_correlator() -> None:
    """Refuse a malformed correlator, once it is known who asks.

    Raises:
        BadHeader: It is malformed.
    """
    if at_hand().malformed:
        raise BadHeader("x-correlator: expected up to 256 letters, digits or any of -_:;./<>{}")


def finish(response: Response) -> Response:
    exchange = at_hand()
    if exchange.correlator is not None:
        response.headers["x-correlator"] = exchange.correlator
    if exchange.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    log_exchange(exchange, response)
    return response


def log_exchange(exchange: Exchange, response: Response) -> None:
    """Write one line that says what happened, by the route and never by the path."""
    fields = {
        "method": exchange.method if exchange.method in METHODS else "another",
        "route": exchange.url_rule.rule if exchange.url_rule else None,
        "status": response.status_code,
        "ms": exchange.elapsed_ms(),
        "correlator": exchange.correlator,
        "caller": exchange.caller.name if exchange.caller else None,
        "product": exchange.product,
        "scored": exchange.scored,
        "replayed": exchange.replayed,
    }
    kept = {name: value for name, value in fields.items() if value is not None}
    log.info("request", extra={"fields": kept})
