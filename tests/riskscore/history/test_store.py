"""How a store opens, what it refuses, and what it says when it fails."""

import fcntl
import logging
import re
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask.testing import FlaskClient
from sqlalchemy import text

from riskscore.api.served import EXTENSION
from riskscore.app import create_app
from riskscore.errors import ConfigError, StoreMismatch, StoreUnavailable
from riskscore.history import engine, migrate
from riskscore.history.schema import HEAD, metadata
from riskscore.history.store import Store, store_from, upgrade_store
from riskscore.keysource import key_file
from riskscore.settings import Settings
from tests.clients import served
from tests.databases import files_of

Json = dict[str, Any]
SCORES = "/v1/phone-subscription/scores"
VALID: Json = {
    "reference": "A-1",
    "entities": {"document": "TH-NID-1101700203451", "msisdn": "+66898765432"},
    "features": {"sims_on_document": 2, "channel": "store", "prepaid": True},
}
RAW = ("1101700203451", "898765432")


def test_the_migrations_lead_to_the_tables_that_the_code_knows(store: Store) -> None:
    with store.reading() as connection:
        context = MigrationContext.configure(connection)
        differences = compare_metadata(context, metadata)

    assert differences == []
    assert ScriptDirectory(str(migrate.SCRIPTS)).get_current_head() == HEAD


@pytest.mark.parametrize(("version", "said"), [("9999", "newer than this riskscore")])
def test_a_database_of_a_newer_version_is_refused(
    store_settings: Settings, store: Store, version: str, said: str
) -> None:
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": version})

    with closing(store_from(store_settings)) as again, pytest.raises(StoreMismatch, match=said):
        again.open()


def test_postgresql_without_tables_asks_for_an_upgrade(postgresql_url: str, tmp_path: Path) -> None:
    key_file(tmp_path / "key").complete("default")
    settings = Settings(database_url=postgresql_url, pseudonym_key_file=tmp_path / "key")

    with closing(store_from(settings)) as bare, pytest.raises(StoreMismatch, match="db upgrade"):
        bare.open()


def test_postgresql_wants_a_key_file(postgresql_url: str) -> None:
    with pytest.raises(ConfigError, match="RISKSCORE_PSEUDONYM_KEYS: required"):
        store_from(Settings(database_url=postgresql_url))


def test_another_key_is_refused(store_settings: Settings, store: Store, tmp_path: Path) -> None:
    store.ready()
    key_file(tmp_path / "other.key").complete("default")
    other = replace(store_settings, pseudonym_key_file=tmp_path / "other.key")

    with closing(store_from(other)) as wrong, pytest.raises(StoreMismatch, match="not the key"):
        wrong.open()


def test_a_lost_key_is_not_replaced(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/store.db")
    with closing(store_from(settings)) as store:
        store.open()
    (tmp_path / "store.key").unlink()

    with closing(store_from(settings)) as again, pytest.raises(ConfigError, match=r"store\.key"):
        again.open()


def test_a_folder_that_cannot_be_written_stops_the_start() -> None:
    with pytest.raises(ConfigError, match="cannot keep a database there"):
        store_from(Settings(database_url="sqlite:////proc/nowhere/store.db"))


def test_sqlite_keeps_a_log_that_we_make_last_and_overwrites_what_it_deletes(
    tmp_path: Path,
) -> None:
    with closing(store_from(Settings(database_url=f"sqlite:///{tmp_path}/store.db"))) as store:
        store.open()
        with store.reading() as connection:
            said = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "secure_delete")
            }

    assert said == {"journal_mode": "wal", "synchronous": 1, "secure_delete": 1}


def test_an_unsound_sqlite_is_not_used() -> None:
    sound = engine.sqlite_module().sqlite_version_info

    assert not engine.BROKEN[0] <= sound <= engine.BROKEN[1]


def test_no_identifier_is_in_the_database_the_log_or_an_answer(
    store_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    bad = VALID | {"entities": {"document": "TH-NID-1101700203451", "msisdn": "0898765432"}}
    with caplog.at_level(logging.DEBUG), served(store_settings) as client:
        answers = [client.post(SCORES, json=sent).text for sent in (VALID, bad, VALID)]
        store: Store = client.application.extensions[EXTENSION].store
        content = b"".join(each.read_bytes() for each in files_of(store))

    assert b"A-1" in content
    for raw in RAW:
        assert raw.encode() not in content
        assert raw not in caplog.text
        assert all(raw not in answer for answer in answers)


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Settings]:
    """A store whose door another process holds shut."""
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/riskscore.db", store_timeout=1, dev=True
    )
    upgrade_store(settings)
    with (tmp_path / "riskscore.db.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        yield settings


def test_a_busy_store_is_refused_in_time(locked: Settings, models: Path) -> None:
    with served(replace(locked, models=models)) as client:
        started = time.monotonic()
        response = client.post(SCORES, json=VALID)

    assert time.monotonic() - started < 3
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert response.get_json()["type"] == "/problems/store-unavailable"


def test_a_busy_store_may_be_answered_without(locked: Settings, models: Path) -> None:
    answering = replace(locked, models=models, on_store_failure="answer")
    with served(answering) as client:
        answer = client.post(SCORES, json=VALID).get_json()
        ready = client.get("/readyz").status_code

    assert "decision_id" not in answer
    assert ("HISTORY_UNAVAILABLE", "registrations_7d") in {
        (each["code"], each["feature"]) for each in answer["data_quality"]
    }
    assert ready == 200


def test_a_store_found_late_under_a_damaged_key_is_refused_until_the_key_is_whole(
    models: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite:///{tmp_path}/riskscore.db"
    settings = Settings(models=models, database_url=url, store_timeout=1, dev=True)
    with served(settings) as client:
        assert client.post(SCORES, json=VALID).status_code == 200
    key = tmp_path / "riskscore.key"
    whole = key.read_bytes()
    with (tmp_path / "riskscore.db.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        app = create_app(settings)
    client = app.test_client()

    key.write_bytes(whole[:20])
    broken = [client.post(SCORES, json=VALID), client.get("/readyz")]
    key.write_bytes(whole)
    mended = client.post(SCORES, json=VALID)
    app.extensions[EXTENSION].store.close()

    assert [each.status_code for each in broken] == [503, 503]
    assert broken[0].headers["Retry-After"]
    assert "riskscore.key" in caplog.text
    assert "riskscore.key" not in broken[0].text
    assert mended.status_code == 200


def test_a_batch_is_told_row_by_row_that_the_store_fails(locked: Settings, models: Path) -> None:
    with served(replace(locked, models=models)) as client:
        started = time.monotonic()
        response = client.post(f"{SCORES}/batch", json={"applications": [VALID] * 200})
        told = client.post("/v1/outcomes", json={"outcomes": [OUTCOME] * 200})

    assert time.monotonic() - started < 6
    assert {each["problem"]["status"] for each in response.get_json()["results"]} == {503}
    assert {each["problem"]["status"] for each in told.get_json()["results"]} == {503}


OUTCOME = {
    "product": "phone_subscription",
    "reference": "A-1",
    "status": "cleared",
    "source": "listed",
}


def test_a_lost_server_is_refused_and_found_again(
    store_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    if store_settings.database_url.startswith("sqlite"):
        pytest.skip("SQLite has no server to lose")
    with served(store_settings) as client:
        assert client.post(SCORES, json=VALID).status_code == 200
        cut_off(store_settings)

        assert client.post(SCORES, json=VALID).status_code == 200
    assert "898765432" not in caplog.text


def cut_off(settings: Settings) -> None:
    """End every other connection, as a restart of the server does."""
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_server_that_is_not_there_does_not_keep_us_from_starting(
    models: Path, tmp_path: Path
) -> None:
    key_file(tmp_path / "key").complete("default")
    settings = Settings(
        dev=True,
        models=models,
        database_url=f"postgresql://riskscore@/none?host={tmp_path}",
        pseudonym_key_file=tmp_path / "key",
        store_timeout=1,
    )

    with served(settings) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
        assert client.post(SCORES, json=VALID).status_code == 503
        assert client.get("/v1/decisions?reference=x").status_code == 503


@pytest.fixture
def moved(client_of_file: FlaskClient, tmp_path: Path) -> Path:
    """Say where the files of a database went that was just written to."""
    assert client_of_file.post(SCORES, json=VALID).status_code == 200
    away = tmp_path / "away"
    move("riskscore.db*", tmp_path, away)
    return away


@pytest.fixture
def client_of_file(models: Path, tmp_path: Path) -> Iterator[FlaskClient]:
    url = f"sqlite:///{tmp_path}/riskscore.db"
    app = create_app(Settings(models=models, database_url=url, dev=True))
    yield app.test_client()
    app.extensions[EXTENSION].store.close()


def move(names: str, here: Path, there: Path) -> None:
    there.mkdir(exist_ok=True)
    for each in here.glob(names):
        each.rename(there / each.name)


def test_nothing_is_acknowledged_once_the_file_is_gone(
    client_of_file: FlaskClient, moved: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        assert client_of_file.post(SCORES, json=VALID).status_code == 503
        assert client_of_file.get("/v1/decisions?reference=A-1").status_code == 503
        assert client_of_file.get("/readyz").status_code == 503

    assert not (tmp_path / "riskscore.db").exists()

    move("riskscore.db*", moved, tmp_path)
    told = client_of_file.get("/v1/decisions?reference=A-1").get_json()
    assert len(told["decisions"]) == 1
    assert client_of_file.post(SCORES, json=VALID).status_code == 200
    assert client_of_file.get("/readyz").status_code == 200


def test_another_file_in_its_place_is_served_after_a_start_alone(
    client_of_file: FlaskClient, moved: Path, models: Path, tmp_path: Path
) -> None:
    again = Settings(models=models, database_url=f"sqlite:///{tmp_path}/riskscore.db", dev=True)

    with closing(store_from(again)) as other:
        other.open()
        assert client_of_file.post(SCORES, json=VALID).status_code == 503
        other.check()

    assert client_of_file.get("/readyz").status_code == 503
    assert moved.exists()


def test_a_damaged_database_says_so_without_quoting_it(tmp_path: Path, models: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"1101700203451 is no database" * 100)
    settings = Settings(models=models, database_url=f"sqlite:///{tmp_path}/store.db", dev=True)

    with closing(store_from(settings)) as store, pytest.raises(StoreMismatch, match="damaged"):
        store.open()


def test_a_failed_store_is_reported_by_kind_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/store.db", store_timeout=1)
    with closing(store_from(settings)) as store:
        store.open()
        with (
            closing(another_writer(tmp_path / "store.db")),
            pytest.raises(StoreUnavailable, match=re.escape("the store cannot be reached")),
            store.writing(),
        ):
            raise AssertionError("entered")

    assert "OperationalError" in str(caplog.records[-1].exc_info)


def another_writer(file: Path) -> Any:
    """Write to a database past its door."""
    connection = engine.sqlite_module().connect(file, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    return connection
