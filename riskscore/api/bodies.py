"""JSON in and out: what we read of a body, and how answers are written."""

import json
import re
from dataclasses import asdict
from itertools import chain
from typing import Any

import orjson
from flask import current_app, request
from flask.json.provider import JSONProvider
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge, UnsupportedMediaType

from riskscore.api.exchange import at_hand
from riskscore.errors import UnreadableBody

NOT_JSON = re.compile(r".?-?(NaN|Infinity)\b", re.DOTALL)
BROKEN = (ParseException, OSError)  # what gunicorn raises on chunks that break their form or stop
PLAIN = "application/json"  # what nearly every caller says
SHORT = re.compile(r"[0-9]{1,9}")  # a length that is plainly told
MAX_DEPTH = "RISKSCORE_MAX_DEPTH"  # key of the Flask configuration


class Orjson(JSONProvider):
    """JSON by orjson: strict about NaN, and several times as fast."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return written(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)


def written(content: Any) -> bytes:
    try:
        return orjson.dumps(content)
    except orjson.JSONEncodeError:  # a whole number beyond 64 bits, which a feature may be
        return json.dumps(content, default=asdict, ensure_ascii=False).encode()


def read_object() -> dict[str, Any]:
    """Read the request's body.

    Raises:
        UnreadableBody: It is not JSON, no object, or nested too deep.
        UnsupportedMediaType: It does not say that it is JSON in UTF-8, or is compressed.
        RequestEntityTooLarge: It is longer than we read.
    """
    check_media_type()
    sent = read_bytes()
    try:
        body = orjson.loads(sent)
    except orjson.JSONDecodeError as error:
        raise UnreadableBody(where_no_json(error)) from None
    limit = current_app.config[MAX_DEPTH]
    if sent.count(b"{") + sent.count(b"[") > limit and deeper_than(body, limit):
        raise UnreadableBody("nested too deep")
    return as_object(body)


def where_no_json(error: orjson.JSONDecodeError) -> str:
    """Say where a body stops being JSON, and nothing of what it holds."""
    told = f"expected JSON: not readable at line {error.lineno}, column {error.colno}"
    if NOT_JSON.match(error.doc, max(0, error.pos - 1)):
        return f"{told}: NaN and Infinity are no JSON, null is a missing value"
    return told


def as_object(sent: Any) -> dict[str, Any]:
    if not isinstance(sent, dict):
        raise UnreadableBody("expected a JSON object")
    return sent


def check_media_type() -> None:
    environ = at_hand().environ
    if environ.get("CONTENT_TYPE") == PLAIN and "HTTP_CONTENT_ENCODING" not in environ:
        return
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if request.mimetype != "application/json" or charset not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType("expected application/json in UTF-8")
    if encoding != "identity":
        raise UnsupportedMediaType("expected a body that is not compressed")


def read_bytes() -> bytes:
    """Read a body up to the limit.

    Raises:
        UnreadableBody: Its chunks break their form, or stop too early.
        RequestEntityTooLarge: It is longer than we read.
    """
    try:
        return read_told() or read_any()
    except BROKEN:
        raise UnreadableBody("expected a body in well-formed chunks") from None


def read_told() -> bytes:
    """Read a body whose length is told, within the limit, and kept to by the server.

    Nearly all are such, and this is a quarter of the work of ``read_any``.

    Returns:
        Nothing where it is any other.
    """
    environ, limit = at_hand().environ, current_app.config["MAX_CONTENT_LENGTH"]
    told = environ.get("CONTENT_LENGTH", "")
    kept_to = "wsgi.input_terminated" in environ and "HTTP_TRANSFER_ENCODING" not in environ
    if not (kept_to and SHORT.fullmatch(told) and int(told) <= limit):
        return b""
    try:
        body: bytes = environ["wsgi.input"].read(int(told))
    except (OSError, ValueError):
        raise ClientDisconnected from None
    return body if len(body) == int(told) else body + read_any()


def read_any() -> bytes:
    """Read a body by Flask, to the limit; a chunked one meets that only while it is read."""
    body = request.get_data(cache=False)
    limit = request.max_content_length
    if request.content_length is None and len(body) == limit and more_follows():
        raise RequestEntityTooLarge
    return body


def more_follows() -> bool:
    return bool(request.environ["wsgi.input"].read(1))


def deeper_than(value: Any, limit: int) -> bool:
    """Tell whether more than ``limit`` objects and lists stand within each other."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(limit):
        if not level:
            return False
        inner = chain.from_iterable(
            each.values() if isinstance(each, dict) else each for each in level
        )
        level = [each for each in inner if isinstance(each, dict | list)]
    return bool(level)
