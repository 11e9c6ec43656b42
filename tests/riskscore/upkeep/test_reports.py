"""What is held of one person is told, and nothing of anybody else."""

import json

from flask.testing import FlaskClient

from riskscore.settings import Settings
from tests.clients import run
from tests.riskscore.upkeep.conftest import (
    ENTITY,
    ONE,
    OTHER,
    application,
    confirm,
    decide,
    done,
    reported,
)


def test_a_report_tells_everything_that_is_held_of_one_person_and_nobody_else(
    store_settings: Settings, client: FlaskClient
) -> None:
    first = decide(client, application("mine-1", ONE))
    again = decide(client, application("mine-2", ONE) | {"purpose": "rescreen"})
    decide(client, application("theirs", OTHER))
    confirm(client, first)
    shown = client.get(f"/v1/decisions/{first}").get_json()

    said = reported(store_settings, "th-nid 1101700203451")

    [held] = said["tenants"]
    assert held["tenant"] == "default"
    assert [each["reference"] for each in held["applications"]] == ["mine-1"]
    assert held["applications"][0]["features"]["channel"] == "store"
    assert [each["decision_id"] for each in held["decisions"]] == [first, again]
    assert shown.items() <= held["decisions"][0].items()
    assert [(each["status"], each["amount"]) for each in held["outcomes"]] == [("confirmed", 12.5)]
    assert "theirs" not in json.dumps(said)
    assert ONE not in json.dumps(said)


def test_who_read_a_decision_is_told(store_settings: Settings, client: FlaskClient) -> None:
    decision = decide(client, application("mine-1", ONE))
    assert client.get(f"/v1/decisions/{decision}").status_code == 200
    assert len(client.get("/v1/decisions?reference=mine-1").get_json()["decisions"]) == 1
    assert client.get("/v1/decisions/01a21174-a4f4-77e0-8ad8-910ead6e215b").status_code == 404

    first = reported(store_settings, ONE)["tenants"][0]["decisions"][0]["reads"]
    second = reported(store_settings, ONE)["tenants"][0]["decisions"][0]["reads"]

    assert [each["reader"] for each in first] == ["dev", "dev"]
    assert {each["tenant"] for each in first} == {"default"}
    assert [each["reader"] for each in second[2:]] == ["riskscore subject report, root"] or (
        second[2]["reader"].startswith("riskscore subject report, ")
    )


def test_a_report_of_nobody_is_empty(store_settings: Settings, client: FlaskClient) -> None:
    decide(client, application("theirs", OTHER))

    assert reported(store_settings, ONE)["tenants"] == []


def test_a_report_may_be_of_one_tenant(store_settings: Settings, client: FlaskClient) -> None:
    decide(client, application("mine-1", ONE))

    said = done(store_settings, "subject", "report", *ENTITY, "--tenant", "default", said=ONE)
    other = run(store_settings, "subject", "report", *ENTITY, "--tenant", "acme", said=ONE)

    assert len(json.loads(said)["tenants"]) == 1
    assert other.exit_code == 1
    assert "tenant acme: nothing is held of it" in other.output
