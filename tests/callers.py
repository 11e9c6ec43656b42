"""Whoever may knock at the API, and what each must be told, whatever they send.

Requests come out of the service's own document; each is sent by every caller in turn.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.clients import served
from tests.owasp.conftest import SCORES, application
from tests.owasp.keyed import ALL, closed, key_for

Json = dict[str, Any]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    allow_header_conformance,
]
PRODUCT = "phone_subscription"
DECISION, DECISIONS = "/v1/decisions/{decision_id}", "/v1/decisions"
OUTCOMES, DECLARATION = "/v1/outcomes", "/v1/products/{name}"
OPEN = {"/healthz", "/readyz"}
NEEDED = {  # the scope that a path asks for; /v1/products asks for a key of any
    SCORES: "score:phone_subscription",
    f"{SCORES}/batch": "score:phone_subscription",
    OUTCOMES: "outcomes",
    DECISION: "decisions:read",
    DECISIONS: "decisions:read",
}
SAID: Json = {
    "status": "cleared",
    "source": "investigated",
    "known_at": "2026-11-22T10:00:00+07:00",
}

Headers = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Town:
    """A service, those who knock at it, and what was decided for one tenant.

    Attributes:
        good: A key of that tenant which may do everything.
        other: Another tenant's, which may do everything there.
        lacking: Scope -> a key of the first tenant that may do everything else.
        wrong: Headers of those who have no key, but show something.
        made: The first tenant's decisions, and the reference of each.
        told: Who was told which status on which path, and how often.
    """

    app: Flask
    good: Headers
    other: Headers
    lacking: Mapping[str, Headers]
    wrong: list[Headers]
    made: list[tuple[str, str]]
    told: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    def described(self) -> Any:
        """Read the service's document, for requests that show no key of their own."""
        config = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
        return schemathesis.openapi.from_wsgi("/openapi.json", self.app, config=config)


@contextmanager
def town(models: Path, folder: Path) -> Iterator[Town]:
    """Found a town of two tenants, one of which has asked and was answered."""
    asking = closed(models, folder)
    scopes = ("score:phone_subscription", "outcomes", "decisions:read")
    good, other = key_for(asking, "bank", *scopes), key_for(asking, "telecom", *ALL)
    lacking = {
        scope: key_for(asking, "bank", *(each for each in scopes if each != scope), name=scope)
        for scope in scopes
    }
    with served(asking) as client:
        references = [f"made-{place}" for place in range(4)]
        made = [
            client.post(SCORES, json=application(reference=each), headers=good).get_json()
            for each in references
        ]
        yield Town(
            app=client.application,
            good=good,
            other=other,
            lacking=lacking,
            wrong=nearly(good["Authorization"]),
            made=[(each["decision_id"], each["reference"]) for each in made],
        )


def nearly(header: str) -> list[Headers]:
    """Show what is no key: one with another secret, an unknown one, something else."""
    shown = [
        f"{header[:-5]}AAAAA",
        f"Bearer rsk_{'a' * 10}_{'x' * 43}",
        header.replace("Bearer", "Basic"),
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "Bearer",
    ]
    return [{"Authorization": each} for each in shown]


def check_operation(
    all_: Town, operation: schemathesis.APIOperation, mode: GenerationMode, *, times: int, by: int
) -> None:
    """Let everybody send what the document says of an operation, or what it forbids.

    Args:
        all_: Who they are.
        operation: One of the document's.
        mode: Whether requests keep to the document.
        times: How many are sent by each.
        by: The seed that they are drawn by.
    """
    path = operation.path

    @seed(by)
    @given(
        case=operation.as_strategy(generation_mode=mode),
        about=st.none() | st.sampled_from(all_.made),
        wrong=st.sampled_from(all_.wrong),
    )
    @settings(
        max_examples=times,
        phases=[Phase.generate],  # to make a failure smaller takes minutes, and curl says it all
        suppress_health_check=list(HealthCheck),
    )
    def all_are_told_what_they_must_be(
        case: schemathesis.Case, about: tuple[str, str] | None, wrong: Headers
    ) -> None:
        if about:
            aim(case, *about)
        check_case(all_, case, wrong, aimed=about is not None)

    all_are_told_what_they_must_be()
    if mode is GenerationMode.POSITIVE:
        assert all_.told["good", path, 200] + all_.told["good", path, 201]


def check_case(all_: Town, case: schemathesis.Case, wrong: Headers, *, aimed: bool) -> None:
    """Let everybody send a request; ``aimed`` if it speaks of what the first tenant has."""
    check_strangers(all_, case, wrong)
    check_other(all_, case, aimed=aimed)
    assert ask(all_, "good", case, all_.good).status_code not in {401, 403}


def aim(case: schemathesis.Case, decision_id: str, reference: str) -> None:
    """Let a request speak of what is there; what else it says stays as it is."""
    path, body = case.operation.path, cast("Any", case.body)
    if path == DECISION:
        case.path_parameters = {"decision_id": decision_id}
    elif path == DECISIONS:
        case.query = {**case.query, "reference": reference}
    elif path == DECLARATION:
        case.path_parameters = {"name": PRODUCT}
    elif path == OUTCOMES and isinstance(body, dict):
        one = SAID | {"decision_id": decision_id}
        two = SAID | {"product": PRODUCT, "reference": reference}
        both = {"outcomes": [one, two]}
        case.body = cast("Any", both if "outcomes" in body else body | one)
    elif path in NEEDED and isinstance(body, dict):
        valid = application(reference=f"again {reference}")
        whole = {"applications": [valid]} if "applications" in body else valid
        case.body = cast("Any", body | whole)


def ask(all_: Town, caller: str, case: schemathesis.Case, headers: Headers) -> Any:
    """Send, and check that the answer is one that the document foresees.

    What the document forbids must be refused: of a batch row by row, and else as a whole.
    """
    response = case.call(headers={**headers})
    by_row = response.status_code == 200 and response.content.startswith(b'{"results":')
    checks = CHECKS if by_row else [*CHECKS, negative_data_rejection]
    case.validate_response(response, checks=checks)
    all_.told[caller, case.operation.path, response.status_code] += 1
    return response


def check_strangers(all_: Town, case: schemathesis.Case, wrong: Headers) -> None:
    path = case.operation.path
    for caller, headers in (("no key", {}), ("wrong key", wrong)):
        response = ask(all_, caller, case, headers)
        assert (response.status_code == 401) == (path not in OPEN), case.as_curl_command()
        assert path in OPEN or response.headers["www-authenticate"] == ['Bearer realm="riskscore"']
    if path in NEEDED:
        response = ask(all_, "lacking", case, all_.lacking[NEEDED[path]])
        assert response.status_code == 403 or breaks_header(response)


def check_other(all_: Town, case: schemathesis.Case, *, aimed: bool) -> None:
    """Check that nothing of the first tenant's is found, nor said to be there."""
    path = case.operation.path
    response = ask(all_, "other", case, all_.other)
    assert response.status_code not in {401, 403}
    if breaks_header(response) or not aimed:
        return
    if path == DECISION:
        assert response.status_code == 404
    elif path == DECISIONS and response.status_code == 200:
        assert response.json() == {"decisions": []}
    elif path == OUTCOMES and response.status_code == 200:
        assert {each["problem"]["status"] for each in response.json()["results"]} == {404}
    elif path == OUTCOMES:
        assert response.status_code in {400, 404, 415, 422}


def breaks_header(response: Any) -> bool:
    return response.status_code == 400 and b"/problems/bad-header" in response.content
