"""POST /v1/<product>/scores/batch, as a caller sees it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from riskscore.decision.ledger import TOGETHER
from riskscore.settings import Settings
from tests.clients import served

Json = dict[str, Any]
Post = Callable[..., TestResponse]
OF_THE_CALL = {"scored_at", "elapsed_ms"}


def applications(valid: Json, number: int) -> list[Json]:
    return [
        valid | {"reference": f"A-{place}", "features": valid["features"] | {"avg.spend": place}}
        for place in range(number)
    ]


def test_a_row_is_scored_as_if_sent_alone(post: Post, valid: Json) -> None:
    rows = applications(valid, 7)

    tests = [row | {"purpose": "test"} for row in rows]
    together = post({"applications": tests}, "/batch").get_json()["results"]
    alone = [post(row).get_json() for row in tests]

    assert [lasting(each) for each in together] == [lasting(each) for each in alone]


def lasting(answer: Json) -> Json:
    return {name: value for name, value in answer.items() if name not in OF_THE_CALL}


def test_every_row_is_answered_or_refused_in_its_place(post: Post, valid: Json) -> None:
    rows = [valid, valid | {"features": {}}, 5, valid | {"reference": "a\nb"}, valid]

    response = post({"applications": rows}, "/batch")

    first, unknown, no_object, unnamed, last = response.get_json()["results"]
    assert response.status_code == 200
    assert first["score"] == last["score"]
    assert unknown["reference"] == "A-1"
    assert unknown["problem"]["status"] == 422
    assert "features.channel" in unknown["problem"]["errors"]
    assert no_object["reference"] is None
    assert no_object["problem"]["type"] == "/problems/unreadable-body"
    assert unnamed["reference"] is None
    assert list(unnamed["problem"]["errors"]) == ["reference"]


def test_a_batch_of_refusals_is_still_an_answer(post: Post) -> None:
    response = post({"applications": [{}, [], None]}, "/batch")

    assert response.status_code == 200
    assert [set(each) for each in response.get_json()["results"]] == 3 * [{"reference", "problem"}]


def test_a_thousand_applications_are_answered(post: Post, valid: Json) -> None:
    response = post({"applications": applications(valid, 1_000)}, "/batch", Accept_Language="th")

    results = response.get_json()["results"]
    assert [each["reference"] for each in results] == [f"A-{place}" for place in range(1_000)]
    assert response.headers["Content-Language"] == "th"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "applications"),
        ({"applications": []}, "applications"),
        ({"applications": [1] * 1_001}, "applications"),
        ({"applications": {"reference": "A-1"}}, "applications"),
        ({"applications": None}, "applications"),
        ({"applications": [1], "rows": []}, "rows"),
    ],
)
def test_a_broken_envelope_is_refused(post: Post, body: Json, path: str) -> None:
    response = post(body, "/batch")

    assert response.status_code == 422
    assert list(response.get_json()["errors"]) == [path]


def test_a_row_sees_the_rows_before_it_also_beyond_a_chunk(
    settings: Settings, valid: Json, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/riskscore.db"
    rows = [valid | {"reference": f"row-{place}"} for place in range(TOGETHER + 3)]
    rows.insert(1, {"reference": "broken"})
    rows.insert(3, valid | {"reference": "asks", "purpose": "test"})

    with served(settings, database_url=url, known_since=0) as client:
        sent = {"applications": rows}
        results = client.post("/v1/phone-subscription/scores/batch", json=sent).get_json()
        made = [each["decision_id"] for each in results["results"] if "decision_id" in each]
        told = [client.get(f"/v1/decisions/{each}").get_json() for each in made]

    assert [each["features"]["registrations_7d"] for each in told] == [*range(TOGETHER + 3)]
