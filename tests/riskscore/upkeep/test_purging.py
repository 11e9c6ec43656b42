"""What is too old is erased, and windows that reach so far back are unknown from then on."""

from contextlib import closing

from flask.testing import FlaskClient
from sqlalchemy import select

from riskscore.history.schema import event, metadata, outcome
from riskscore.history.store import Store, store_from
from riskscore.settings import Settings
from tests.clients import run
from tests.riskscore.upkeep.conftest import (
    ONE,
    OTHER,
    Json,
    application,
    confirm,
    decide,
    done,
    found,
    numbered,
    send,
)


def history(client: FlaskClient, sent: Json) -> Json:
    """Ask for an application's history without leaving a trace."""
    answer = send(client, sent | {"purpose": "test", "reference": "asks"})
    return {each["feature"]: each["code"] for each in answer["data_quality"]}


def test_purging_erases_what_is_old_and_makes_it_unknown(
    store_settings: Settings, client: FlaskClient, store: Store
) -> None:
    old = send(client, numbered(0, ONE, at="2024-01-01T00:00:00Z"))
    confirm(client, old["decision_id"])
    recent = send(client, numbered(1, OTHER))
    before = numbered(2, OTHER, at="2025-01-05T00:00:00Z")
    assert "registrations_7d" not in history(client, before)

    done = run(store_settings, "purge", "--older-than", "400d", "--rewrite")

    assert done.exit_code == 0, done.output
    assert "1 decisions and 1 events erased" in done.output
    assert not found(store, [b"ref-0-3451"])
    assert found(store, [b"ref-1-2233"])
    assert client.get(f"/v1/decisions/{old['decision_id']}").status_code == 404
    assert client.get(f"/v1/decisions/{recent['decision_id']}").status_code == 200
    assert history(client, before)["registrations_7d"] == "HISTORY_SHORT"


def test_purging_keeps_what_was_found_out_about_a_decision_that_stays(
    store_settings: Settings, client: FlaskClient, store: Store
) -> None:
    send(client, numbered(0, ONE, at="2024-01-01T00:00:00Z"))
    again = send(client, numbered(0, ONE) | {"purpose": "rescreen"})
    confirm(client, again["decision_id"])

    done = run(store_settings, "purge", "--older-than", "300d")

    assert "1 decisions and 1 events erased" in done.output
    with store.reading() as connection:
        assert connection.scalars(select(outcome.c.status)).all() == ["confirmed"]


def test_purging_everything_leaves_every_table_of_people_empty(
    store_settings: Settings, client: FlaskClient, store: Store
) -> None:
    for place in range(5):
        answer = send(client, numbered(place, ONE, at="2024-01-01T00:00:00Z"))
        confirm(client, answer["decision_id"])

    run(store_settings, "purge", "--older-than", "30d")

    with store.reading() as connection:
        left = {each.name for each in metadata.sorted_tables
                if connection.execute(select(each)).first()}  # fmt: skip
    assert left == {"pseudonym_key", "stream"}


def test_each_product_is_kept_as_long_as_the_settings_say(
    store_settings: Settings, client: FlaskClient
) -> None:
    old = decide(client, application("mine-1", ONE, "2024-01-01T00:00:00Z"))
    retention = {"RISKSCORE_RETENTION": "phone_subscription=400d sim_registration=30d"}

    none = done(store_settings, "purge", "--product", "sim_registration", **retention)
    kept = client.get(f"/v1/decisions/{old}").status_code
    some = done(store_settings, "purge", **retention)

    assert "0 decisions and 0 events erased" in none
    assert kept == 200
    assert "1 decisions and 1 events erased" in some


def test_a_purge_of_one_product_leaves_the_windows_of_others_known(
    store_settings: Settings, client: FlaskClient
) -> None:
    decide(client, application("mine-1", ONE, "2024-01-01T00:00:00Z"))

    said = done(store_settings, "purge", "--older-than", "30d", "--product", "account_opening")

    assert "0 decisions and 0 events erased" in said
    with closing(store_from(store_settings)) as store:
        store.ready()
        with store.reading() as connection:
            assert connection.scalar(select(event.c.id)) is not None
