"""What every exchange has: a correlator, a language, a log line, headers."""

import logging
import re
from http import HTTPMethod
from time import perf_counter

from flask import Flask, g, request
from werkzeug.wrappers import Response

from riskscore.errors import BadHeader

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


def register(app: Flask) -> None:
    app.before_request(begin)
    app.after_request(finish)


def begin() -> None:
    """Start the clock and take up the caller's correlator, unless it is malformed."""
    g.started = perf_counter()
    correlator = request.headers.get("x-correlator")
    g.malformed = correlator is not None and not CORRELATOR.fullmatch(correlator)
    g.correlator = None if g.malformed else correlator


def check_correlator() -> None:
    """Refuse a malformed correlator, once it is known who asks.

    Raises:
        BadHeader: It is malformed.
    """
    if g.malformed:
        raise BadHeader("x-correlator: expected up to 256 letters, digits or any of -_:;./<>{}")


def finish(response: Response) -> Response:
    correlator = g.get("correlator")
    if correlator is not None:
        response.headers["x-correlator"] = correlator
    if g.get("replayed"):
        response.headers["Idempotency-Replayed"] = "true"
    secure(response)
    log_exchange(response)
    return response


def secure(response: Response) -> None:
    """Add what an answer has not said itself; to look once costs a third of asking for each."""
    said = {name for name, _ in response.headers}
    for name, value in SECURE.items():
        if name not in said:
            response.headers.add(name, value)
    if request.environ["wsgi.url_scheme"] == "https":
        response.headers.add("Strict-Transport-Security", TLS_ONLY)


def log_exchange(response: Response) -> None:
    """Write one line that says what happened, by the route and never by the path."""
    fields = {
        "method": request.method if request.method in METHODS else "another",
        "route": request.url_rule.rule if request.url_rule else None,
        "status": response.status_code,
        "ms": elapsed_ms(),
        "correlator": g.get("correlator"),
        "caller": caller.name if (caller := g.get("caller")) else None,
        "product": g.get("product"),
        "scored": g.get("scored"),
        "replayed": g.get("replayed"),
    }
    kept = {name: value for name, value in fields.items() if value is not None}
    log.info("request", extra={"fields": kept})


def elapsed_ms() -> float:
    """Milliseconds since the request was taken up."""
    started: float = g.started
    return round((perf_counter() - started) * 1000, 3)


def language() -> str:
    """Return the first language of ours that the caller accepts; English if none is."""
    if "HTTP_ACCEPT_LANGUAGE" not in request.environ:
        return LANGUAGES[0]
    for tag, quality in request.accept_languages:
        primary = tag.lower().split("-")[0]
        if quality > 0 and primary in LANGUAGES:
            return primary
    return LANGUAGES[0]
