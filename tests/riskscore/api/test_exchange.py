"""What every exchange has, whatever was asked."""

import logging

import pytest
from flask.testing import FlaskClient

from riskscore.api.auth import allowed
from riskscore.api.exchange import SECURE, TLS_ONLY
from riskscore.errors import Unauthenticated

ANYTHING = [
    ("GET", "/healthz", 200),
    ("HEAD", "/v1/products", 200),
    ("GET", "/nowhere", 404),
    ("PUT", "/v1/products", 405),
    ("POST", "/v1/phone-subscription/scores", 415),
]


@pytest.mark.parametrize(("method", "path", "status"), ANYTHING)
@pytest.mark.parametrize("correlator", ["", "b4333c46-49c0-4f62-80d7-f0ef930f1c46", "<a>/{b};.:_"])
def test_a_correlator_comes_back(
    client: FlaskClient, method: str, path: str, status: int, correlator: str
) -> None:
    response = client.open(path, method=method, headers={"x-correlator": correlator})

    assert response.status_code == status
    assert response.headers["x-correlator"] == correlator


def test_no_correlator_is_made_up(client: FlaskClient) -> None:
    assert "x-correlator" not in client.get("/healthz").headers


@pytest.mark.parametrize(("method", "path", "status"), ANYTHING)
@pytest.mark.parametrize("correlator", ["a b", "x" * 257, "é", 'a"b', "a|b", "a,b"])
def test_a_malformed_correlator_is_refused_and_not_repeated(
    client: FlaskClient, method: str, path: str, status: int, correlator: str
) -> None:
    del status
    response = client.open(path, method=method, headers={"x-correlator": correlator})

    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
    assert "x-correlator" not in response.headers
    assert correlator not in response.text


@pytest.mark.parametrize(("method", "path", "status"), [*ANYTHING, ("GET", "/openapi.json", 200)])
def test_nothing_is_kept_on_the_way_or_guessed_or_framed(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    response = client.open(path, method=method)

    assert response.status_code == status
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response.headers["Content-Security-Policy"] == (
        "default-src 'none'; frame-ancestors 'none'"
    )


def test_no_header_is_said_twice(client: FlaskClient) -> None:
    for path in ("/docs", "/docs/swagger-ui.css", "/healthz"):
        names = [name for name, _ in client.get(path).headers]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(("scheme", "said"), [("https", True), ("http", False)])
def test_over_tls_a_browser_is_told_to_stay_there(
    client: FlaskClient, scheme: str, *, said: bool
) -> None:
    headers = client.get("/healthz", base_url=f"{scheme}://localhost").headers

    assert ("Strict-Transport-Security" in headers) is said


def test_the_log_says_what_happened_and_not_what_was_sent(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "riskscore.requests"):
        client.get("/v1/products/1101700203451?msisdn=0812345678", headers={"x-correlator": "c-1"})
        client.get("/elsewhere/1101700203451")

    known, unknown = (vars(record)["fields"] for record in caplog.records)
    assert known.pop("ms") > 0
    assert known == {
        "method": "GET",
        "route": "/v1/products/<name>",
        "status": 404,
        "correlator": "c-1",
        "caller": "dev",
    }
    assert set(unknown) == {"method", "status", "ms"}


def test_the_log_counts_what_was_scored(
    client: FlaskClient, valid: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "riskscore.requests"):
        client.post(
            "/v1/phone-subscription/scores/batch", json={"applications": [valid, {}, valid]}
        )

    fields = vars(caplog.records[0])["fields"]
    assert fields["product"] == "phone_subscription"
    assert fields["scored"] == 2


def test_what_is_known_of_one_exchange_is_not_said_of_the_next(
    client: FlaskClient, valid: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    with client.application.app_context(), caplog.at_level(logging.INFO, "riskscore.requests"):
        client.post("/v1/phone-subscription/scores", json=valid)
        client.get("/healthz")

    scored, other = (vars(record)["fields"] for record in caplog.records)
    assert scored["scored"] == 1
    assert set(other) == {"method", "route", "status", "ms"}


def test_on_an_open_path_nobody_is_allowed_anything(client: FlaskClient) -> None:
    with (
        client.application.test_request_context("/healthz"),
        pytest.raises(Unauthenticated, match="not open"),
    ):
        allowed("admin")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [*ANYTHING, ("OPTIONS", "/v1/products", 200), ("GET", "/docs", 200)],
)
def test_an_answer_says_itself_what_it_will_and_we_the_rest_once(
    client: FlaskClient, method: str, path: str, status: int, scheme: str
) -> None:
    with client.application.test_request_context(path, method=method, base_url=f"{scheme}://x"):
        itself = client.application.full_dispatch_request().headers

    sent = client.open(path, method=method, base_url=f"{scheme}://x")

    ours = SECURE | ({"Strict-Transport-Security": TLS_ONLY} if scheme == "https" else {})
    ours |= {"Content-Length": sent.headers["Content-Length"]}  # where werkzeug counts
    assert sent.status_code == status
    assert dict(sent.headers) == {**ours, **dict(itself)}
    assert len([*sent.headers]) == len(dict(sent.headers))
