"""Commands that keep the store, on real databases, as an operator runs them."""

import itertools
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from sqlalchemy import select

from riskscore.api.served import EXTENSION
from riskscore.app import create_app
from riskscore.cli import main
from riskscore.history.counting import Counted, sightings
from riskscore.history.entities import Pseudonym, add
from riskscore.history.glances import NO_GLANCES
from riskscore.history.prepared import put, put_numbered
from riskscore.history.schema import decision, entity, event, metadata, outcome, sighting
from riskscore.history.store import Store, store_from
from riskscore.history.streams import open_stream
from riskscore.settings import Settings
from tests import databases
from tests.databases import files_of

Json = dict[str, Any]
SCORES = "/v1/phone-subscription/scores"
GONE = "TH-NID-1101700203451"
STAYS = "TH-NID-3100600112233"


@pytest.fixture
def client(store_settings: Settings) -> Iterator[FlaskClient]:
    with served(store_settings) as client:
        yield client


@contextmanager
def served(settings: Settings) -> Iterator[FlaskClient]:
    app = create_app(settings)
    yield app.test_client()
    app.extensions[EXTENSION].store.close()


@pytest.fixture
def store(store_settings: Settings) -> Iterator[Store]:
    opened = store_from(store_settings)
    opened.open()
    yield opened
    opened.close()


def run(settings: Settings, *words: str, said: str = "") -> Result:
    environ = {
        "RISKSCORE_MODELS": str(settings.models),
        "RISKSCORE_DATABASE_URL": settings.database_url,
        "RISKSCORE_PSEUDONYM_KEY_FILE": str(settings.pseudonym_key_file),
    }
    return CliRunner().invoke(main, words, input=said, env=environ)


def application(place: int, document: str, at: str = "2026-11-20T10:00:00Z") -> Json:
    return {
        "reference": f"ref-{place}-{document[-4:]}",
        "occurred_at": at,
        "entities": {"document": document, "msisdn": "+66812345678"},
        "features": {"sims_on_document": 1, "channel": "store", "prepaid": True},
    }


def send(client: FlaskClient, sent: Json) -> Json:
    answer = client.post(SCORES, json=sent)
    assert answer.status_code == 200, answer.text
    answered: Json = answer.get_json()
    return answered


def confirm(client: FlaskClient, decision_id: str) -> None:
    said = {"decision_id": decision_id, "status": "confirmed", "source": "investigated"}
    assert client.post("/v1/outcomes", json=said).status_code == 201


def history(client: FlaskClient, sent: Json) -> Json:
    """Ask for an application's history without leaving a trace."""
    answer = send(client, sent | {"purpose": "test", "reference": "asks"})
    return {each["feature"]: each["code"] for each in answer["data_quality"]}


def test_forgetting_a_person_leaves_no_byte(
    store_settings: Settings, client: FlaskClient, store: Store
) -> None:
    gone = [send(client, application(place, GONE)) for place in range(3)]
    send(client, application(3, GONE) | {"purpose": "rescreen"})
    stays = send(client, application(4, STAYS))
    confirm(client, gone[0]["decision_id"])
    canonical = "THNID1101700203451"
    pseudonym = store.keys_of("default").newest.pseudonym("document", canonical)
    traces = [pseudonym, b"-3451", gone[1]["decision_id"].replace("-", "").encode()]
    traces += [UUID(gone[1]["decision_id"]).bytes]
    assert found(store, traces)

    done = run(store_settings, "subject", "forget", "--entity", "document", "--yes", "--rewrite",
               said=f"{GONE}\n")  # fmt: skip

    assert done.exit_code == 0, done.output
    assert "4 decisions and 3 events erased" in done.output
    assert GONE not in done.output
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
            send(client, application(place, GONE if place % 3 else STAYS))
    store = store_from(settings)
    pseudonym = store.keys_of("default").newest.pseudonym("document", "THNID1101700203451")
    assert found(store, [pseudonym, b"-3451"])

    done = run(settings, "subject", "forget", "--entity", "document", "--yes", said=f"{GONE}\n")

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
            send(client, application(place, GONE))

    sender = threading.Thread(target=keep_sending)
    sender.start()
    for _ in range(8):
        time.sleep(0.05)
        done = run(
            store_settings, "subject", "forget", "--entity", "document", "--yes", said=f"{GONE}\n"
        )
        assert done.exit_code == 0, done.output
    stopped.set()
    sender.join()

    with store.reading() as connection:
        told = connection.execute(select(decision.c.stream_id, decision.c.reference)).all()
        events = connection.execute(select(event.c.stream_id, event.c.reference)).all()
    assert sorted(told) == sorted(events)


def test_forgetting_reaches_every_tenant(store_settings: Settings, store: Store) -> None:
    store.source.complete("acme")
    for tenant in ("default", "acme"):
        take_in(store, tenant, "THNID1101700203451")

    done = run(
        store_settings, "subject", "forget", "--entity", "document", "--yes", said=f"{GONE}\n"
    )

    assert "0 decisions and 2 events erased" in done.output


def take_in(store: Store, tenant: str, document: str) -> None:
    """Let an event of a tenant be there, as an import would."""
    keys = store.keys_of(tenant)
    name = Pseudonym("document", keys.digest("document", document))
    with store.writing() as connection:
        stream = open_stream(connection, tenant, "phone_subscription", None)
        number = stream.of("phone_subscription").id
        held = {"document": add(connection, keys, [name])[name]}
        row = {"stream_id": number, "reference": "r", "occurred_at": 1, "received_at": 1}
        made = put_numbered(connection, event, row | {"features": {}, "entities": held})
        put(connection, sighting, sightings(Counted(made, number, 1, {}, held), NO_GLANCES))


def test_a_list_of_identifiers_is_refused(store_settings: Settings, client: FlaskClient) -> None:
    kept = send(client, application(0, GONE))

    done = run(
        store_settings, "subject", "forget", "--entity", "document", "--yes", said=f"X\n{GONE}\n"
    )

    assert done.exit_code == 1
    assert "expected one identifier on one line" in done.output
    assert client.get(f"/v1/decisions/{kept['decision_id']}").status_code == 200


def found(store: Store, traces: list[bytes]) -> bool:
    content = b"".join(each.read_bytes() for each in files_of(store))
    return any(each in content or each.hex().encode() in content for each in traces)


def test_forgetting_asks_first_and_names_no_identifier(
    store_settings: Settings, client: FlaskClient
) -> None:
    kept = send(client, application(0, GONE))

    asked = run(store_settings, "subject", "forget", "--entity", "document", said=f"{GONE}\nn\n")

    assert asked.exit_code == 1
    assert "erase 1 events" in asked.output
    assert client.get(f"/v1/decisions/{kept['decision_id']}").status_code == 200


@pytest.mark.parametrize(
    ("words", "said", "output"),
    [
        (("subject", "forget", "--entity", "document", "--yes"), "X-1\n", "nothing is held"),
        (("subject", "forget", "--entity", "msisdn", "--yes"), "abc\n", "msisdn: expected a phone"),
        (("subject", "forget", "--entity", "soul", "--yes"), "X-1\n", "soul: expected one of"),
        (("purge", "--older-than", "soon"), "", "expected days, such as 400d"),
        (("purge",), "", "expected --older-than 400d, or RISKSCORE_RETENTION"),
        (("purge", "--older-than", "9d", "--product", "soul"), "", "soul: no such product"),
    ],
)
def test_what_cannot_be_done_is_said(
    store_settings: Settings, words: tuple[str, ...], said: str, output: str
) -> None:
    assert output in run(store_settings, *words, said=said).output


def test_purging_erases_what_is_old_and_makes_it_unknown(
    store_settings: Settings, client: FlaskClient, store: Store
) -> None:
    old = send(client, application(0, GONE, at="2024-01-01T00:00:00Z"))
    confirm(client, old["decision_id"])
    recent = send(client, application(1, STAYS))
    before = application(2, STAYS, at="2025-01-05T00:00:00Z")
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
    send(client, application(0, GONE, at="2024-01-01T00:00:00Z"))
    again = send(client, application(0, GONE) | {"purpose": "rescreen"})
    confirm(client, again["decision_id"])

    done = run(store_settings, "purge", "--older-than", "300d")

    assert "1 decisions and 1 events erased" in done.output
    with store.reading() as connection:
        assert connection.scalars(select(outcome.c.status)).all() == ["confirmed"]


def test_purging_everything_leaves_every_table_of_people_empty(
    store_settings: Settings, client: FlaskClient, store: Store
) -> None:
    for place in range(5):
        answer = send(client, application(place, GONE, at="2024-01-01T00:00:00Z"))
        confirm(client, answer["decision_id"])

    run(store_settings, "purge", "--older-than", "30d")

    with store.reading() as connection:
        left = {each.name for each in metadata.sorted_tables
                if connection.execute(select(each)).first()}  # fmt: skip
    assert left == {"pseudonym_key", "stream"}


def test_a_backup_restores_history_decisions_and_key(
    store_settings: Settings, client: FlaskClient, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    said = send(client, application(0, GONE))
    copy = tmp_path / "copy"

    made = run(store_settings, "db", "backup", str(copy))

    assert made.exit_code == 0, made.output
    assert {oct(each.stat().st_mode & 0o777) for each in copy.iterdir()} == {"0o600"}
    elsewhere = replace(
        store_settings,
        database_url=another(store_settings, tmp_path, request),
        pseudonym_key_file=tmp_path / "elsewhere.key",
    )
    restored = run(elsewhere, "db", "restore", str(copy))
    assert restored.exit_code == 0, restored.output
    with served(elsewhere) as other:
        told = other.get(f"/v1/decisions/{said['decision_id']}").get_json()
        assert told["reference"] == "ref-0-3451"
        assert count_of(other, GONE) == 1


def another(settings: Settings, folder: Path, request: pytest.FixtureRequest) -> str:
    if settings.database_url.startswith("sqlite"):
        return f"sqlite:///{folder}/elsewhere.db"
    server: str = request.getfixturevalue("postgresql_server")
    context = databases.new_database(server, f"elsewhere_{os.getpid()}")
    url = context.__enter__()
    request.addfinalizer(lambda: context.__exit__(None, None, None))
    return url


def count_of(client: FlaskClient, document: str) -> int:
    """Count what is known of a document, through its history a week later."""
    asked = application(9, document, at="2026-11-21T10:00:00Z")
    store: Store = client.application.extensions[EXTENSION].store
    store.declared = 0
    answer = send(client, asked | {"reference": "counts"})
    told = client.get(f"/v1/decisions/{answer['decision_id']}").get_json()
    return int(told["features"]["registrations_7d"])


def test_a_restore_never_overwrites(
    store_settings: Settings, client: FlaskClient, tmp_path: Path
) -> None:
    send(client, application(0, GONE))
    run(store_settings, "db", "backup", str(tmp_path / "copy"))

    again = run(store_settings, "db", "restore", str(tmp_path / "copy"))

    assert again.exit_code == 1
    assert "already" in again.output


def test_a_backup_wants_a_new_folder(store_settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thing").touch()

    assert "not empty" in run(store_settings, "db", "backup", str(tmp_path / "full")).output


def test_upgrading_twice_changes_nothing(store_settings: Settings) -> None:
    assert run(store_settings, "db", "upgrade").exit_code == 0
    assert run(store_settings, "db", "upgrade").exit_code == 0


def test_rows_that_hang_together_are_found_together(client: FlaskClient, store: Store) -> None:
    send(client, application(0, GONE))

    with store.reading() as connection:
        [row] = connection.execute(select(event))
        [made] = connection.execute(select(decision))
        kinds = {each.id: each.kind for each in connection.execute(select(entity))}

    assert {kinds[number] for number in row.entities.values()} == {"document", "msisdn"}
    assert made.counted is True
    assert made.entities == row.entities


def test_keys_that_are_in_no_file_are_not_copied(
    store_settings: Settings, client: FlaskClient, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    send(client, application(0, GONE))
    path = Path(str(store_settings.pseudonym_key_file))
    environ = {
        "RISKSCORE_MODELS": str(store_settings.models),
        "RISKSCORE_DATABASE_URL": store_settings.database_url,
        "RISKSCORE_PSEUDONYM_KEYS": "env:OUR_KEYS",
        "OUR_KEYS": path.read_text(),
    }

    made = CliRunner().invoke(main, ["db", "backup", str(tmp_path / "copy")], env=environ)

    assert made.exit_code == 0, made.output
    assert "without its keys" in made.output
    assert not list((tmp_path / "copy").glob("*.key"))
    url = another(store_settings, tmp_path, request)
    restored = CliRunner().invoke(
        main,
        ["db", "restore", str(tmp_path / "copy")],
        env=environ | {"RISKSCORE_DATABASE_URL": url},
    )
    assert restored.exit_code == 0, restored.output
