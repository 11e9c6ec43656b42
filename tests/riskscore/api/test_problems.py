"""Errors as callers see them."""

import logging
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from riskscore.api.exchange import SECURE
from riskscore.api.problems import PROBLEMS
from riskscore.api.served import EXTENSION, Service
from riskscore.app import create_app
from riskscore.errors import RequestError
from riskscore.settings import Settings

SCORES = "/v1/phone-subscription/scores"


def descendants(cls: type[Exception]) -> set[type[Exception]]:
    return {each for child in cls.__subclasses__() for each in {child, *descendants(child)}}


def test_every_request_error_has_a_problem_document() -> None:
    kinds = {each for each in descendants(RequestError) if not each.__subclasses__()}

    assert kinds == set(PROBLEMS)


def test_every_problem_has_its_own_type() -> None:
    assert len({each.slug for each in PROBLEMS.values()}) == len(PROBLEMS)


@pytest.mark.parametrize(
    ("request_line", "body", "status", "title"),
    [
        ("GET /nowhere", b"", 404, "Not Found"),
        ("GET /docs/../secrets", b"", 404, "Not Found"),
        ("POST /v1/lottery/scores", b"{}", 404, "No such product"),
        ("GET /v1/products/lottery", b"", 404, "No such product"),
        (f"POST {SCORES}", b"{", 400, "The body is unreadable"),
        (f"POST {SCORES}", b"{}", 422, "Fields break their declaration"),
        (f"POST {SCORES}", b"0" * 2_500_000, 413, HTTPStatus(413).phrase),
        (f"GET {SCORES}", b"", 405, "Method Not Allowed"),
    ],
)
def test_every_refusal_is_a_problem_document(
    client: FlaskClient, request_line: str, body: bytes, status: int, title: str
) -> None:
    method, path = request_line.split()
    response = client.open(path, method=method, data=body, content_type="application/json")

    problem = response.get_json()
    assert response.status_code == problem["status"] == status
    assert response.content_type == "application/problem+json"
    assert problem["title"] == title
    assert problem["type"].startswith(("about:blank", "/problems/"))


def test_a_wrong_method_is_told_the_right_ones(client: FlaskClient) -> None:
    response = client.delete(SCORES)

    assert sorted(response.headers["Allow"].split(", ")) == ["OPTIONS", "POST"]


def test_options_and_head_are_answered(client: FlaskClient) -> None:
    assert client.options(SCORES).status_code == 200
    assert client.head("/healthz").data == b""


def test_a_bug_shows_nothing_of_the_inside(
    settings: Settings, valid: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(settings)
    service: Service = app.extensions[EXTENSION]
    served = service.products["phone_subscription"]
    bundle = replace(served.bundle, importance=np.ones(2))
    broken = replace(served, judge=served.judge._replace(bundle=bundle))
    app.extensions[EXTENSION] = replace(service, products={"phone_subscription": broken})

    with caplog.at_level(logging.ERROR, "riskscore"):
        response = app.test_client().post(SCORES, json=valid, headers={"x-correlator": "c-1"})

    assert response.status_code == 500
    assert response.content_type == "application/problem+json"
    assert response.headers["x-correlator"] == "c-1"
    assert SECURE.items() <= dict(response.headers).items()
    assert response.get_json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
    }
    [record] = caplog.records
    assert record.getMessage() == "unhandled error"
    assert record.exc_info


def test_a_path_with_a_slash_too_many_is_not_known(client: FlaskClient) -> None:
    assert client.post(f"/{SCORES}", json={}).status_code == 404
    assert client.post(SCORES.replace("/scores", "//scores"), json={}).status_code == 404
