"""What is kept for a court stays, whoever asks for its end."""

from contextlib import closing

from flask.testing import FlaskClient
from sqlalchemy import select

from riskscore.history.schema import hold
from riskscore.history.store import store_from
from riskscore.settings import Settings
from tests.clients import run
from tests.riskscore.upkeep.conftest import (
    DEALER,
    ENTITY,
    ONE,
    OTHER,
    application,
    decide,
    done,
    reported,
)


def test_a_hold_keeps_a_person_from_being_forgotten_until_it_is_released(
    store_settings: Settings, client: FlaskClient
) -> None:
    decision = decide(client, application("mine-1", ONE))
    why = ("--reason", "case 17/2026", "--by", "counsel")
    assert "1 holds placed" in done(store_settings, "subject", "hold", *ENTITY, *why, said=ONE)

    refused = run(store_settings, "subject", "forget", *ENTITY, "--yes", said=ONE)

    assert refused.exit_code == 1
    assert "under a legal hold since" in refused.output
    assert "by counsel" in refused.output
    assert client.get(f"/v1/decisions/{decision}").status_code == 200
    assert "default document since" in done(store_settings, "subject", "holds")
    done(store_settings, "subject", "release", *ENTITY, "--reason", "closed", said=ONE)
    [told] = reported(store_settings, ONE)["tenants"][0]["holds"]
    assert (told["reason"], told["held_by"], told["release_reason"]) == (
        *("case 17/2026", "counsel"),
        "closed",
    )
    assert "1 decisions and 1 events erased" in done(
        store_settings, "subject", "forget", *ENTITY, "--yes", said=ONE
    )
    with closing(store_from(store_settings)) as store:
        store.ready()
        with store.reading() as connection:
            kept = connection.scalar(select(hold.c.id))
    assert kept is None


def test_forgetting_leaves_what_also_carries_somebody_under_a_hold_and_says_so(
    store_settings: Settings, client: FlaskClient
) -> None:
    held = decide(client, application("mine-1", ONE))
    lone = application("mine-2", ONE)
    lone["entities"] = {"document": ONE, "msisdn": "+66812340000"}
    free = decide(client, lone)
    again = decide(client, application("mine-1", ONE) | {"purpose": "rescreen"})
    why = ("--reason", "case 17/2026")
    done(store_settings, "subject", "hold", "--entity", "msisdn", *why, said=DEALER)

    said = done(store_settings, "subject", "forget", *ENTITY, "--yes", said=ONE)

    assert "1 decisions and 1 events erased" in said
    assert "1 events and 1 further decisions also carry somebody who is under a legal hold" in said
    statuses = [client.get(f"/v1/decisions/{each}").status_code for each in (held, again, free)]
    assert statuses == [200, 200, 404]


def test_purging_leaves_what_is_held_and_says_so(
    store_settings: Settings, client: FlaskClient
) -> None:
    old = "2024-01-01T00:00:00Z"
    held = decide(client, application("mine-1", ONE, old))
    lone = application("theirs", OTHER, old)
    gone = decide(client, lone)
    done(store_settings, "subject", "hold", *ENTITY, "--reason", "case", said=ONE)

    said = done(store_settings, "purge", "--older-than", "30d")

    assert "1 decisions and 1 events erased" in said
    assert "1 decisions and 1 events are under a legal hold and stay" in said
    assert client.get(f"/v1/decisions/{held}").status_code == 200
    assert client.get(f"/v1/decisions/{gone}").status_code == 404
