"""A person is forgotten down to the last byte, while others are served."""

import itertools
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pyarrow.parquet as pq
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from riskscore.history.counting import Counted, sightings
from riskscore.history.entities import Pseudonym, add, find, lock
from riskscore.history.glances import NO_GLANCES
from riskscore.history.prepared import put, put_numbered
from riskscore.history.retention import forget
from riskscore.history.schema import decision, decision_read, entity, event, sighting
from riskscore.history.store import Store, store_from
from riskscore.history.streams import open_stream
from riskscore.product.spec import Product
from riskscore.settings import Settings
from tests.clients import run, served
from tests.databases import files_of
from tests.riskscore.upkeep.conftest import (
    ENTITY,
    ONE,
    OTHER,
    SCORES,
    application,
    confirm,
    decide,
    done,
    found,
    numbered,
    send,
)
from tests.serving import serving
from training.export import export


def test_forgetting_a_person_leaves_no_byte(
    store_settings: Settings, client: FlaskClient, store: Store
) -> None:
    gone = [send(client, numbered(place, ONE)) for place in range(3)]
    send(client, numbered(3, ONE) | {"purpose": "rescreen"})
    stays = send(client, numbered(4, OTHER))
    confirm(client, gone[0]["decision_id"])
    canonical = "THNID1101700203451"
    pseudonym = store.keys_of("default").newest.pseudonym("document", canonical)
    traces = [pseudonym, b"-3451", gone[1]["decision_id"].replace("-", "").encode()]
    traces += [UUID(gone[1]["decision_id"]).bytes]
    assert found(store, traces)

    done = run(store_settings, "subject", "forget", "--entity", "document", "--yes", "--rewrite",
               said=f"{ONE}\n")  # fmt: skip

    assert done.exit_code == 0, done.output
    assert "4 decisions and 3 events erased" in done.output
    assert ONE not in done.output
    assert not found(store, traces)
    assert client.get(f"/v1/decisions/{gone[0]['decision_id']}").status_code == 404
    assert client.get(f"/v1/decisions/{stays['decision_id']}").status_code == 200


def test_forgetting_in_sqlite_needs_no_rewrite(models: Path, tmp_path: Path) -> None:
    settings = Settings(
        dev=True,
        models=models,
        database_url=f"sqlite:///{tmp_path}/riskscore.db",
        pseudonym_key_file=tmp_path / "riskscore.key",
    )
    with served(settings) as client:
        for place in range(60):
            send(client, numbered(place, ONE if place % 3 else OTHER))
    store = store_from(settings)
    pseudonym = store.keys_of("default").newest.pseudonym("document", "THNID1101700203451")
    assert found(store, [pseudonym, b"-3451"])

    done = run(settings, "subject", "forget", "--entity", "document", "--yes", said=f"{ONE}\n")

    assert done.exit_code == 0, done.output
    assert not found(store, [pseudonym, b"-3451"])


def test_who_is_scored_while_being_forgotten_leaves_nothing_half_forgotten(
    store_settings: Settings, client: FlaskClient, store: Store
) -> None:
    stopped = threading.Event()

    def keep_sending() -> None:
        for place in itertools.count(100):
            if stopped.is_set():
                return
            send(client, numbered(place, ONE))

    sender = threading.Thread(target=keep_sending)
    sender.start()
    for _ in range(8):
        time.sleep(0.05)
        done = run(
            store_settings, "subject", "forget", "--entity", "document", "--yes", said=f"{ONE}\n"
        )
        assert done.exit_code == 0, done.output
    stopped.set()
    sender.join()

    with store.reading() as connection:
        told = connection.execute(select(decision.c.stream_id, decision.c.reference)).all()
        events = connection.execute(select(event.c.stream_id, event.c.reference)).all()
    assert sorted(told) == sorted(events)


def test_who_comes_while_forgetting_waits_is_forgotten_in_the_same_pass(
    store_settings: Settings, store: Store
) -> None:
    """Else somebody who comes again and again would never be forgotten."""
    if store_settings.database_url.startswith("sqlite"):
        pytest.skip("of SQLite there is one writer anyway")
    take_in(store, "default", "THNID1101700203451", "first")
    digest = store.keys_of("default").digest("document", "THNID1101700203451")
    with store.reading() as connection:
        [number] = connection.execute(select(entity.c.id)).scalars()

    with ThreadPoolExecutor(1) as beside:
        with store.engine.connect() as holder, holder.begin():
            lock(holder, [digest])
            forgetting = beside.submit(lambda: list(forget(store, [number])))
            while not holder.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                time.sleep(0.01)
            take_in(store, "default", "THNID1101700203451", "second")

        assert forgetting.result(timeout=60) == [(0, 2)]


def test_forgetting_reaches_every_tenant(store_settings: Settings, store: Store) -> None:
    store.source.complete("acme")
    for tenant in ("default", "acme"):
        take_in(store, tenant, "THNID1101700203451")

    done = run(
        store_settings, "subject", "forget", "--entity", "document", "--yes", said=f"{ONE}\n"
    )

    assert "0 decisions and 2 events erased" in done.output


def take_in(store: Store, tenant: str, document: str, reference: str = "r") -> None:
    """Let an event of a tenant be there, as an import would."""
    keys = store.keys_of(tenant)
    name = Pseudonym("document", keys.digest("document", document))
    with store.writing() as connection:
        stream = open_stream(connection, tenant, "phone_subscription", None)
        number = stream.of("phone_subscription").id
        known = find(connection, keys, {name}) or add(connection, keys, [name])
        held = {"document": known[name]}
        row = {"stream_id": number, "reference": reference, "occurred_at": 1, "received_at": 1}
        made = put_numbered(connection, event, row | {"features": {}, "entities": held})
        put(connection, sighting, sightings(Counted(made, number, 1, {}, held), NO_GLANCES))


def test_forgetting_asks_first_and_names_no_identifier(
    store_settings: Settings, client: FlaskClient
) -> None:
    kept = send(client, numbered(0, ONE))

    asked = run(store_settings, "subject", "forget", "--entity", "document", said=f"{ONE}\nn\n")

    assert asked.exit_code == 1
    assert "erase 1 events" in asked.output
    assert client.get(f"/v1/decisions/{kept['decision_id']}").status_code == 200


def test_a_reading_goes_with_the_decision(store_settings: Settings, client: FlaskClient) -> None:
    decision = decide(client, application("mine-1", ONE))
    client.get(f"/v1/decisions/{decision}")

    done(store_settings, "subject", "forget", *ENTITY, "--yes", said=ONE)

    with closing(store_from(store_settings)) as store:
        store.ready()
        with store.reading() as connection:
            assert connection.execute(select(decision_read)).all() == []
            assert connection.execute(select(entity).where(entity.c.kind == "document")).all() == []


def test_rows_that_hang_together_are_found_together(client: FlaskClient, store: Store) -> None:
    send(client, numbered(0, ONE))

    with store.reading() as connection:
        [row] = connection.execute(select(event))
        [made] = connection.execute(select(decision))
        kinds = {each.id: each.kind for each in connection.execute(select(entity))}

    assert {kinds[number] for number in row.entities.values()} == {"document", "msisdn"}
    assert made.counted is True
    assert made.entities == row.entities


def test_after_forgetting_no_byte_is_left_in_database_backup_logs_or_exports(
    store_settings: Settings, models: Path, product: Product, tmp_path: Path
) -> None:
    environ = {
        "database_url": store_settings.database_url,
        "pseudonym_key_file": str(store_settings.pseudonym_key_file),
    }
    with serving(models, tmp_path, "--workers", "2", log_level="DEBUG", **environ) as server:
        for reference, document in (("gone-7731", ONE), ("stays-7731", OTHER)):
            sent = application(reference, document)
            status, answer = server.request("POST", SCORES, json.dumps(sent))
            assert status == 200, answer
            server.request("GET", f"/v1/decisions/{answer['decision_id']}")
            server.request("GET", f"/v1/decisions?reference={reference}")
            said = {"decision_id": answer["decision_id"], "status": "confirmed",
                    "source": "reported"}  # fmt: skip
            assert server.request("POST", "/v1/outcomes", json.dumps(said))[0] == 201
            if reference == "gone-7731":
                gone = answer["decision_id"]
        with closing(store_from(store_settings)) as store:
            keys = store.keys_of("default").newest
            canonical = ONE.replace("-", "")
            traces = [b"gone-7731", ONE.encode(), canonical.encode(), b"1101700203451"]
            traces += [keys.pseudonym("document", canonical), keys.digest("document", canonical)]
            traces += [gone.encode(), bytes.fromhex(gone.replace("-", ""))]
            traces += [gone.replace("-", "").encode()]
            assert any(each in content_of(files_of(store)) for each in traces)
            done(store_settings, "subject", "hold", *ENTITY, "--reason", "gone-7731", said=ONE)
            done(store_settings, "subject", "release", *ENTITY, "--reason", "gone-7731", said=ONE)

            said_then = done(
                store_settings, "subject", "forget", *ENTITY, "--yes", "--rewrite", said=ONE
            )
            done(store_settings, "db", "backup", str(tmp_path / "since"))
            told = done(store_settings, "subject", "report", *ENTITY, said=ONE)

            written = export(store_settings.database_url, [product], tmp_path / "folder")

            left = content_of(files_of(store))
    files = sorted((tmp_path / "folder").iterdir())
    events = "".join(str(pq.read_table(each).to_pylist()) for each in files)
    assert written == {product.name: 1, "outcomes": 1}
    assert "stays-7731" in events
    backups = content_of([*(tmp_path / "since").iterdir()])
    logs = server.errors.read_bytes() + server.said.encode() + said_then.encode()
    for place, content in {"database": left, "backup": backups, "logs": logs,
                           "report": told.encode(), "export": events.encode()}.items():  # fmt: skip
        assert [each for each in traces if each in content] == [], place
    assert b"stays-7731" in left


def content_of(files: list[Path]) -> bytes:
    return b"".join(each.read_bytes() for each in files)
