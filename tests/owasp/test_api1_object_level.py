"""API1:2023 Broken object level authorization: nobody finds by guessing what they were not told."""

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from tests.clients import served
from tests.owasp.conftest import SCORES, Attacker, application
from tests.owasp.keyed import closed, key_for

Json = dict[str, Any]
TRICKS = [
    "attack-%",
    "attack-_",
    "attack-*",
    "ATTACK-1",
    " attack-1",
    "attack-1 ",
    "' OR '1'='1",
    "x' UNION SELECT pseudonym FROM entity --",
    'x" OR 1=1 --',
    "attack-1'; DROP TABLE decision; --",
    "%",
    "null",
    "undefined",
    "[]",
]


def listed(client: FlaskClient, query: str) -> list[Json]:
    found: list[Json] = client.get(f"/v1/decisions?{query}").get_json().get("decisions", [])
    return found


@pytest.mark.parametrize("reference", TRICKS)
def test_a_reference_is_no_pattern_and_no_program(
    attacker: Attacker, client: FlaskClient, reference: str
) -> None:
    attacker.score(reference="attack-1")

    assert listed(client, urlencode({"reference": reference})) == []
    assert listed(client, "reference=attack-1") != []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "reference=",
        "reference[]=attack-1",
        "reference[$ne]=x",
        "decision_id=1",
    ],
)
def test_a_query_of_another_form_finds_nothing(
    attacker: Attacker, client: FlaskClient, query: str
) -> None:
    attacker.score(reference="attack-1")

    response = client.get(f"/v1/decisions?{query}")

    assert response.status_code == 422
    assert "decisions" not in response.get_json()


def test_nobody_says_whose_they_are_in_a_query(attacker: Attacker, client: FlaskClient) -> None:
    attacker.score(reference="attack-1")

    assert listed(client, "tenant=other&reference=attack-1") == listed(client, "reference=attack-1")


def test_a_neighbour_s_number_is_not_the_next(attacker: Attacker, client: FlaskClient) -> None:
    """An id holds 60 bits or more that nobody can count on from another's."""
    one, two = (UUID(attacker.score().get_json()["decision_id"]) for _ in range(2))

    near = [UUID(int=one.int + step) for step in (-2, -1, 1, 2)]

    assert (one.int ^ two.int) & (2**60 - 1) > 2**40
    assert {client.get(f"/v1/decisions/{each}").status_code for each in near} == {404}


def test_what_is_not_there_is_told_alike(client: FlaskClient) -> None:
    answers = {client.get(f"/v1/decisions/{uuid4()}").text for _ in range(5)}

    assert len(answers) == 1


@pytest.mark.parametrize("trick", ["1", "../outcomes", "' OR 1=1", "%00", "null", "0" * 36, "*"])
def test_an_id_that_is_none_is_not_found(client: FlaskClient, trick: str) -> None:
    assert client.get(f"/v1/decisions/{quote(trick, safe='')}").status_code == 404


def test_nobody_says_whose_they_are_by_a_header(attacker: Attacker, client: FlaskClient) -> None:
    made = attacker.score(reference="mine-1").get_json()["decision_id"]

    for header in ("X-Tenant", "X-Tenant-ID", "Tenant", "X-User", "X-Forwarded-User"):
        told = client.get(f"/v1/decisions/{made}", headers={header: "other"})
        assert told.status_code == 200


def test_two_tenants_with_one_reference_see_their_own_alone(models: Path, tmp_path: Path) -> None:
    settings = closed(models, tmp_path)
    keys = [key_for(settings, tenant) for tenant in ("bank", "telecom")]
    with served(settings) as door:
        made = [
            door.post(SCORES, json=application(), headers=key).get_json()["decision_id"]
            for key in keys
        ]
        seen = [
            door.get("/v1/decisions?reference=attack-1", headers=key).get_json()["decisions"]
            for key in keys
        ]
        crossed = [door.get(f"/v1/decisions/{made[0]}", headers=keys[1])]
        crossed += [door.get(f"/v1/decisions/{uuid4()}", headers=keys[1])]

    assert [[each["decision_id"] for each in listed] for listed in seen] == [[made[0]], [made[1]]]
    assert [each.status_code for each in crossed] == [404, 404]
    assert crossed[0].data == crossed[1].data
