"""What is read of a body, and what is not."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from gunicorn.http.errors import InvalidChunkSize
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException

from riskscore.api.bodies import BROKEN, Orjson, deeper_than, read_any, read_bytes
from riskscore.app import create_app
from riskscore.errors import UnreadableBody
from riskscore.model.reasons import Reason
from riskscore.product.spec import Product
from riskscore.settings import Settings
from tests.clients import served

SCORES = "/v1/phone-subscription/scores"
JSON = "application/json"
ENDLESS = 1_000  # bytes: where nothing tells a server of an end


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"NaN",
        b'{"features": {"avg.spend": NaN}}',
        b'{"features": {"avg.spend": -Infinity}}',
        b'{"features": {"avg.spend": 1e999}}',
        b"{'reference': 1}",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b'{"reference": "\\ud800"}',
        b'{"a": ' * 17 + b"1" + b"}" * 17,
        b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b"[" * 100_000,
    ],
)
def test_what_is_no_json_object_of_ours_is_unreadable(client: FlaskClient, body: bytes) -> None:
    response = client.post(SCORES, data=body, content_type=JSON)

    assert response.status_code == 400
    assert response.get_json()["type"] == "/problems/unreadable-body"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"a": 1,\n "b": oops}', "expected JSON: not readable at line 2, column"),
        (b'{"a": NaN}', "NaN and Infinity are no JSON"),
        (b'{"a": -Infinity}', "NaN and Infinity are no JSON"),
    ],
)
def test_where_json_ends_is_said_and_nothing_of_it(
    client: FlaskClient, body: bytes, detail: str
) -> None:
    told = client.post(SCORES, data=body, content_type=JSON).get_json()["detail"]

    assert detail in told
    assert "oops" not in told


def test_whole_numbers_beyond_64_bits_are_numbers_out_of_bounds(
    client: FlaskClient, valid: dict[str, Any]
) -> None:
    huge = valid | {"features": valid["features"] | {"sims_on_document": 2**64 + 1}}

    response = client.post(SCORES, data=json.dumps(huge), content_type=JSON)

    assert list(response.get_json()["errors"]) == ["features.sims_on_document"]


@pytest.mark.parametrize(
    ("content_type", "encoding", "status"),
    [
        ("application/json", None, 200),
        ("application/json; charset=utf-8", None, 200),
        ("Application/JSON;charset=UTF8", "identity", 200),
        ("application/json; charset=utf-16", None, 415),
        ("application/json", "gzip", 415),
        ("application/vnd.api+json", None, 415),
        ("text/plain", None, 415),
        ("application/x-www-form-urlencoded", None, 415),
        (None, None, 415),
    ],
)
def test_only_plain_json_in_utf_8_is_read(
    client: FlaskClient,
    valid: dict[str, Any],
    content_type: str | None,
    encoding: str | None,
    status: int,
) -> None:
    headers = {"Content-Encoding": encoding} if encoding else {}

    response = client.post(
        SCORES, data=json.dumps(valid), content_type=content_type, headers=headers
    )

    assert response.status_code == status
    assert response.get_json().get("status", 200) == status


@pytest.mark.parametrize(("spaces", "status"), [(0, 200), (1, 413), (100_000, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_may_be_as_long_as_the_limit(
    settings: Settings, valid: dict[str, Any], spaces: int, status: int, *, chunked: bool
) -> None:
    body = json.dumps(valid).encode()
    client = create_app(replace(settings, max_body=len(body))).test_client()
    environ: dict[str, Any] = {"wsgi.input_terminated": True}

    def send() -> Any:
        sent = body + b" " * spaces
        if not chunked:
            return client.post(SCORES, data=sent, content_type=JSON, environ_overrides=environ)
        environ.update({"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"})
        return client.post(SCORES, data=sent, content_type=JSON, environ_overrides=environ)

    response = send()

    assert response.status_code == status
    assert response.get_json().get("status", 200) == status


class Connection:
    """What a server reads from: pieces, up to the told end, or too early an end or failure."""

    def __init__(self, pieces: Sequence[bytes], told: int, failure: Exception | None) -> None:
        self.pieces = [*pieces]
        self.left = told
        self.failure = failure

    def read(self, size: int) -> bytes:
        size = min(size, self.left)
        if size and not self.pieces and self.failure:
            raise self.failure
        piece = self.pieces.pop(0) if self.pieces and size else b""
        if piece[size:]:
            self.pieces.insert(0, piece[size:])
        self.left -= len(piece[:size])
        return piece[:size]


@pytest.fixture(scope="module")
def limited(settings: Settings) -> Iterator[Flask]:
    with served(settings, max_body=20) as client:
        yield client.application


@given(
    pieces=st.lists(st.binary(min_size=1, max_size=9), max_size=4),
    told=st.integers(0, 25),
    failure=st.sampled_from([None, TimeoutError(), ValueError(), InvalidChunkSize(b"")]),
    said=st.fixed_dictionaries(
        {},
        optional={
            "wsgi.input_terminated": st.just(value=True),
            "HTTP_TRANSFER_ENCODING": st.just("chunked"),
            "CONTENT_LENGTH": st.sampled_from(["", "-1", "+3", "x", " 5 ", "5\n", "9" * 5_000]),
        },
    ),
)
@hypothesis_settings(max_examples=1_000)
def test_a_body_whose_length_is_told_is_read_like_any(
    limited: Flask,
    pieces: list[bytes],
    told: int,
    failure: Exception | None,
    said: dict[str, Any],
) -> None:
    environ = {"CONTENT_LENGTH": str(told)} | said
    ends = ENDLESS if {"CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"} & {*said} else told

    def outcome(read: Callable[[], bytes]) -> bytes | type[Exception]:
        sent = {**environ, "wsgi.input": Connection(pieces, ends, failure)}
        with limited.test_request_context(SCORES, method="POST", environ_overrides=sent):
            try:
                return read()
            except BROKEN:
                return UnreadableBody
            except (HTTPException, UnreadableBody, ValueError) as error:
                return type(error)

    assert outcome(read_bytes) == outcome(read_any)


@pytest.mark.parametrize(
    ("value", "deeper"),
    [(1, False), ({}, False), ([[]], False), ([[1], {"a": 2}], False), ([[[]]], True)],
)
def test_depth_counts_objects_and_lists_within_each_other(value: object, *, deeper: bool) -> None:
    assert deeper_than(value, 2) is deeper


def test_answers_may_hold_any_number_a_feature_may(client: FlaskClient, product: Product) -> None:
    reason = Reason(code="C", contribution=1.0, text="ซิม", features={"many": 10**25})

    written = Orjson(client.application).dumps({"reasons": [reason], "title": product.title})

    assert json.loads(written)["reasons"][0]["features"] == {"many": 10**25}
    assert "ซิม" in written
