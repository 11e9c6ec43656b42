"""Errors as RFC 9457 problem documents.

The only module that knows both our exceptions and HTTP. One table decides what a caller sees; a
test fails when a request error is missing from it.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Flask, json, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from riskscore.api.bodies import BROKEN
from riskscore.errors import (
    AskedAboutTooOften,
    BadHeader,
    Forbidden,
    InvalidApplication,
    InvalidFields,
    InvalidOutcome,
    InvalidQuery,
    KeyInUse,
    KeyReused,
    QuotaExceeded,
    RateExceeded,
    RequestError,
    StartupError,
    StoreUnavailable,
    TooManyRequests,
    Unauthenticated,
    UnknownDecision,
    UnknownProduct,
    UnknownReference,
    UnreadableBody,
)

log = logging.getLogger("riskscore.store")

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = "1"  # seconds: what a busy store needs, and a lost one does not mind
LATER = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.CONFLICT)  # the same again may be answered
LEFTOVER = 16 * 1024 * 1024  # bytes of a refused body that we read, so that the caller hears us


class Problem(NamedTuple):
    """What one kind of error looks like from outside."""

    status: HTTPStatus
    slug: str
    title: str


PROBLEMS: dict[type[RequestError], Problem] = {
    UnknownProduct: Problem(HTTPStatus.NOT_FOUND, "unknown-product", "No such product"),
    UnreadableBody: Problem(HTTPStatus.BAD_REQUEST, "unreadable-body", "The body is unreadable"),
    BadHeader: Problem(HTTPStatus.BAD_REQUEST, "bad-header", "A header breaks its form"),
    Unauthenticated: Problem(HTTPStatus.UNAUTHORIZED, "unauthenticated", "Nobody we know"),
    Forbidden: Problem(HTTPStatus.FORBIDDEN, "forbidden", "The key does not allow this"),
    RateExceeded: Problem(
        HTTPStatus.TOO_MANY_REQUESTS, "rate-exceeded", "More than the key may in a second"
    ),
    QuotaExceeded: Problem(
        HTTPStatus.TOO_MANY_REQUESTS, "quota-exceeded", "More than the key may in a day"
    ),
    AskedAboutTooOften: Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "asked-about-too-often",
        "An identifier was asked about too often in a day",
    ),
    InvalidApplication: Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-application", "Fields break their declaration"
    ),
    InvalidOutcome: Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-outcome", "Fields of the outcome are not right"
    ),
    InvalidQuery: Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-query", "The query is not right"
    ),
    UnknownDecision: Problem(HTTPStatus.NOT_FOUND, "unknown-decision", "No such decision"),
    UnknownReference: Problem(HTTPStatus.NOT_FOUND, "unknown-reference", "No such application"),
    KeyInUse: Problem(
        HTTPStatus.CONFLICT, "key-in-use", "A request with this key is still at work"
    ),
    KeyReused: Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "key-reused", "The key was used for another request"
    ),
    StoreUnavailable: Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "store-unavailable", "The store cannot be reached now"
    ),
}


def register(app: Flask) -> None:
    app.register_error_handler(RequestError, request_error)
    app.register_error_handler(StartupError, not_begun)
    app.register_error_handler(HTTPException, http_error)


def problem_of(error: RequestError) -> dict[str, Any]:
    """Describe an error as the members of a problem document."""
    status, slug, title = PROBLEMS[type(error)]
    members = {"type": f"/problems/{slug}", "title": title, "status": status.value}
    if isinstance(error, InvalidFields):
        return members | {"errors": error.fields}
    return members | {"detail": str(error)}


def request_error(error: RequestError) -> Response:
    members = problem_of(error)
    response = Response(status=members["status"])
    if response.status_code in LATER:
        response.headers["Retry-After"] = RETRY_AFTER
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.seconds)
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = 'Bearer realm="riskscore"'
    return as_problem(response, members)


def not_begun(error: StartupError) -> Response:
    """Answer where a store that was lost at the start is found, and cannot be trusted."""
    log.error("the store cannot be opened", exc_info=error)
    return request_error(StoreUnavailable("the store cannot be reached"))


def http_error(error: HTTPException) -> Response:
    """Answer for Flask itself: no such path, wrong method, body too large, a bug of ours."""
    response = error.get_response()
    phrase = HTTPStatus(response.status_code).phrase
    members = {"type": "about:blank", "title": phrase, "status": response.status_code}
    if response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        members["detail"] = error.description or phrase
    if response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        read_leftover()
    return as_problem(response, members)


def as_problem(response: Response, members: Mapping[str, object]) -> Response:
    response.data = json.dumps(members)
    response.content_type = MEDIA_TYPE
    return response


def read_leftover() -> None:
    """Take in what the caller is still sending; closed on, most clients would never read why."""
    if not request.environ.get("wsgi.input_terminated"):
        return
    body, left = request.environ["wsgi.input"], LEFTOVER
    with suppress(*BROKEN):
        while left > 0 and (read := body.read(65_536)):
            left -= len(read)
