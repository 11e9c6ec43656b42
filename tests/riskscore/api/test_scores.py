"""POST /v1/<product>/scores, as a caller sees it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from riskscore.model.bundle import Bundle

Json = dict[str, Any]
Post = Callable[..., TestResponse]


def with_features(valid: Json, **features: object) -> Json:
    return valid | {"features": valid["features"] | features}


def test_more_sims_on_one_document_score_higher(post: Post, valid: Json) -> None:
    quiet = post(with_features(valid, sims_on_document=1)).get_json()
    busy = post(with_features(valid, sims_on_document=39)).get_json()

    assert 0 <= quiet["score"] < busy["score"] <= 1000
    assert quiet["probability"] < busy["probability"]


def test_an_answer_says_what_was_asked_and_what_answered(
    post: Post, valid: Json, bundle: Bundle
) -> None:
    answer = post(valid).get_json()

    assert set(answer) == {
        "decision_id", "reference", "product", "score", "probability", "level", "recommendation",
        "reasons", "data_quality", "coverage", "model", "scored_at", "elapsed_ms",
    }  # fmt: skip
    assert answer["reference"] == "A-1"
    assert answer["product"] == "phone_subscription"
    assert answer["model"] == {"version": "1", "sha256": bundle.sha256}
    assert datetime.fromisoformat(answer["scored_at"]).utcoffset() is not None
    assert answer["elapsed_ms"] > 0


def test_a_high_score_says_why(post: Post, valid: Json) -> None:
    answer = post(with_features(valid, sims_on_document=39)).get_json()

    reason = answer["reasons"][0]
    assert answer["recommendation"] in {"review", "block"}
    assert reason["code"] == "MANY_SIMS"
    assert reason["text"] == "39 SIMs on this document"
    assert reason["features"] == {"sims_on_document": 39}
    assert reason["contribution"] >= 0.1


def test_what_was_not_known_is_named(post: Post, valid: Json) -> None:
    answer = post(with_features(valid, load=None)).get_json()

    gaps = {each["feature"]: each["code"] for each in answer["data_quality"]}
    assert gaps["liveness score"] == gaps["load"] == "MISSING"
    assert gaps["registrations_7d"] == "HISTORY_SHORT"
    assert 0 < answer["coverage"] < 1


def test_history_of_an_identifier_that_was_not_sent_is_missing(post: Post, valid: Json) -> None:
    alone = valid | {"entities": {"document": "TH-NID-1101700203451", "msisdn": None}}

    gaps = {each["feature"]: each["code"] for each in post(alone).get_json()["data_quality"]}

    assert gaps["phones_30d"] == "MISSING"


def test_a_column_may_have_any_name(post: Post, valid: Json) -> None:
    named = with_features(valid, **{"avg.spend": 12.5, "liveness score": 0.4, "load": "heavy"})

    answer = post(named).get_json()

    known = {each["feature"] for each in answer["data_quality"]}
    assert not known & {"avg.spend", "liveness score", "load"}


@pytest.mark.parametrize(
    ("accepted", "language", "text"),
    [
        (None, "en", "39 SIMs on this document"),
        ("th", "th", "มี 39 ซิมในเอกสารนี้"),
        ("th-TH,en;q=0.5", "th", "มี 39 ซิมในเอกสารนี้"),
        ("en-GB,th;q=0.9", "en", "39 SIMs on this document"),
        ("fr, th;q=0.3, *;q=0.1", "th", "มี 39 ซิมในเอกสารนี้"),
        ("th;q=0", "en", "39 SIMs on this document"),
        ("fr", "en", "39 SIMs on this document"),
        (";;=,", "en", "39 SIMs on this document"),
    ],
)
def test_reasons_follow_the_caller_s_language(
    post: Post, valid: Json, accepted: str | None, language: str, text: str
) -> None:
    headers = {} if accepted is None else {"Accept_Language": accepted}
    response = post(with_features(valid, sims_on_document=39), **headers)

    assert response.get_json()["reasons"][0]["text"] == text
    assert response.headers["Content-Language"] == language
    assert response.headers["Vary"] == "Accept-Language"


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({"reference": None}, ["reference"]),
        ({"reference": ""}, ["reference"]),
        ({"reference": "x" * 129}, ["reference"]),
        ({"reference": "a\nb"}, ["reference"]),
        ({"reference": "a\x7fb"}, ["reference"]),
        ({"reference": 7}, ["reference"]),
        ({"occurred_at": "2026-11-21T10:00:00"}, ["occurred_at"]),
        ({"occurred_at": "2026-11-21"}, ["occurred_at"]),
        ({"occurred_at": 1_700_000_000}, ["occurred_at"]),
        ({"occurred_at": None}, ["occurred_at"]),
        ({"purpose": "fun"}, ["purpose"]),
        ({"purpose": ["test"]}, ["purpose"]),
        ({"entities": {}}, ["entities.document"]),
        ({"entities": None}, ["entities"]),
        ({"entities": ["document"]}, ["entities"]),
        ({"entities": {"document": None}}, ["entities.document"]),
        ({"entities": {"document": "D", "shoe": "42"}}, ["entities.shoe"]),
        ({"entities": {"document": "D", "msisdn": "0812345678"}}, ["entities.msisdn"]),
        ({"entities": {"document": "D", "imei": "490154203237519"}}, ["entities.imei"]),
        ({"entities": {"document": 1}}, ["entities.document"]),
        ({"since": {"imei": "2026-01-01"}}, ["since.imei"]),
        ({"since": {"shoe": "2026-01-01"}}, ["since.shoe"]),
        ({"since": {"msisdn": "last year"}}, ["since.msisdn"]),
        ({"since": {"msisdn": "2026-01-01T00:00:00"}}, ["since.msisdn"]),
        ({"features": {}}, [
            "features.channel", "features.prepaid", "features.sims_on_document"]),
        ({"features": 5}, ["features"]),
        ({"decision_id": "1"}, ["decision_id"]),
    ],
)  # fmt: skip
def test_a_refusal_names_the_field(post: Post, valid: Json, change: Json, paths: list[str]) -> None:
    response = post(valid | change)

    assert response.status_code == 422
    assert response.content_type == "application/problem+json"
    assert sorted(response.get_json()["errors"]) == paths


@pytest.mark.parametrize(
    "missing", [["entities"], ["features"], ["entities", "features", "reference"]]
)
def test_a_table_that_was_not_sent_is_looked_into_all_the_same(
    post: Post, valid: Json, missing: list[str]
) -> None:
    rest = {name: each for name, each in valid.items() if name not in missing}

    paths = post(rest).get_json()["errors"]

    assert {path.split(".")[0] for path in paths} == set(missing)


def test_since_may_be_a_date_or_a_moment(post: Post, valid: Json) -> None:
    since = {"document": "2026-10-02", "msisdn": "2026-10-02T00:00:00Z"}

    assert post(valid | {"since": since}).status_code == 200


def test_moment_and_purpose_need_not_be_sent(post: Post, valid: Json) -> None:
    del valid["occurred_at"]

    assert post(valid).status_code == 200


def test_a_value_is_never_quoted(post: Post, valid: Json) -> None:
    secret = "SECRET-1101700203451"  # noqa: S105 - stands for an identifier
    bad = {
        "reference": f"{secret}\n",
        "occurred_at": secret,
        "purpose": secret,
        "entities": {"msisdn": secret, "imei": secret, "iccid": secret, "account": secret},
        "since": {"msisdn": secret},
        "features": {"sims_on_document": secret, "channel": secret, "prepaid": secret},
    }

    response = post(valid | bad)

    assert response.status_code == 422
    assert "1101700203451" not in response.text


@pytest.mark.parametrize("slug", ["lottery", "phone_subscription", "products"])
def test_only_served_products_are_scored(client: FlaskClient, valid: Json, slug: str) -> None:
    response = client.post(f"/v1/{slug}/scores", json=valid)

    assert response.status_code == 404
    assert response.get_json()["type"] == "/problems/unknown-product"
    assert response.get_json()["detail"] == "expected one of phone-subscription"
