"""What people may ask for: what is held of them, its end, and that it is kept for a court."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from sqlalchemy import select

from riskscore.api.served import EXTENSION
from riskscore.app import create_app
from riskscore.cli import main
from riskscore.history.schema import decision_read, entity, event, hold
from riskscore.history.store import store_from
from riskscore.product.spec import Product
from riskscore.settings import Settings
from tests.databases import files_of
from tests.serving import serving
from training.export import export

Json = dict[str, Any]
SCORES = "/v1/phone-subscription/scores"
ONE, OTHER, DEALER = "TH-NID-1101700203451", "TH-NID-3100600112233", "+66812345678"
ENTITY = ("--entity", "document")


@pytest.fixture
def client(store_settings: Settings) -> Iterator[FlaskClient]:
    with served(store_settings) as client:
        yield client


@contextmanager
def served(settings: Settings) -> Iterator[FlaskClient]:
    app = create_app(settings)
    yield app.test_client()
    app.extensions[EXTENSION].store.close()


def run(settings: Settings, *words: str, said: str = "", **more: str) -> Result:
    environ = {
        "RISKSCORE_MODELS": str(settings.models),
        "RISKSCORE_DATABASE_URL": settings.database_url,
        "RISKSCORE_PSEUDONYM_KEY_FILE": str(settings.pseudonym_key_file),
    }
    return CliRunner().invoke(main, words, input=said, env=environ | more)


def done(settings: Settings, *words: str, said: str = "", **more: str) -> str:
    result = run(settings, *words, said=said, **more)
    assert result.exit_code == 0, result.output
    return result.output


def application(reference: str, document: str, at: str = "2026-11-20T10:00:00Z") -> Json:
    return {
        "reference": reference,
        "occurred_at": at,
        "entities": {"document": document, "msisdn": DEALER},
        "features": {"sims_on_document": 1, "channel": "store", "prepaid": True},
    }


def send(client: FlaskClient, sent: Json) -> str:
    answer = client.post(SCORES, json=sent)
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["decision_id"])


def confirm(client: FlaskClient, decision_id: str) -> None:
    said = {"decision_id": decision_id, "status": "confirmed", "source": "investigated",
            "amount": 12.5, "looked_because": "complaint"}  # fmt: skip
    assert client.post("/v1/outcomes", json=said).status_code == 201


def reported(settings: Settings, identifier: str) -> Json:
    said: Json = json.loads(done(settings, "subject", "report", *ENTITY, said=f"{identifier}\n"))
    return said


def test_a_report_tells_everything_that_is_held_of_one_person_and_nobody_else(
    store_settings: Settings, client: FlaskClient
) -> None:
    first = send(client, application("mine-1", ONE))
    again = send(client, application("mine-2", ONE) | {"purpose": "rescreen"})
    send(client, application("theirs", OTHER))
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
    decision = send(client, application("mine-1", ONE))
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
    send(client, application("theirs", OTHER))

    assert reported(store_settings, ONE)["tenants"] == []


def test_a_report_may_be_of_one_tenant(store_settings: Settings, client: FlaskClient) -> None:
    send(client, application("mine-1", ONE))

    said = done(store_settings, "subject", "report", *ENTITY, "--tenant", "default", said=ONE)
    other = run(store_settings, "subject", "report", *ENTITY, "--tenant", "acme", said=ONE)

    assert len(json.loads(said)["tenants"]) == 1
    assert other.exit_code == 1
    assert "tenant acme: nothing is held of it" in other.output


def test_a_hold_keeps_a_person_from_being_forgotten_until_it_is_released(
    store_settings: Settings, client: FlaskClient
) -> None:
    decision = send(client, application("mine-1", ONE))
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
    held = send(client, application("mine-1", ONE))
    lone = application("mine-2", ONE)
    lone["entities"] = {"document": ONE, "msisdn": "+66812340000"}
    free = send(client, lone)
    again = send(client, application("mine-1", ONE) | {"purpose": "rescreen"})
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
    held = send(client, application("mine-1", ONE, old))
    lone = application("theirs", OTHER, old)
    gone = send(client, lone)
    done(store_settings, "subject", "hold", *ENTITY, "--reason", "case", said=ONE)

    said = done(store_settings, "purge", "--older-than", "30d")

    assert "1 decisions and 1 events erased" in said
    assert "1 decisions and 1 events are under a legal hold and stay" in said
    assert client.get(f"/v1/decisions/{held}").status_code == 200
    assert client.get(f"/v1/decisions/{gone}").status_code == 404


def test_each_product_is_kept_as_long_as_the_settings_say(
    store_settings: Settings, client: FlaskClient
) -> None:
    old = send(client, application("mine-1", ONE, "2024-01-01T00:00:00Z"))
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
    send(client, application("mine-1", ONE, "2024-01-01T00:00:00Z"))

    said = done(store_settings, "purge", "--older-than", "30d", "--product", "account_opening")

    assert "0 decisions and 0 events erased" in said
    with closing(store_from(store_settings)) as store:
        store.ready()
        with store.reading() as connection:
            assert connection.scalar(select(event.c.id)) is not None


def test_a_typo_in_the_retention_is_refused(store_settings: Settings) -> None:
    refused = run(store_settings, "purge", RISKSCORE_RETENTION="phone_subscriptoin=400d")

    assert refused.exit_code == 1
    assert "phone_subscriptoin: no such product" in refused.output


def test_a_reading_goes_with_the_decision(store_settings: Settings, client: FlaskClient) -> None:
    decision = send(client, application("mine-1", ONE))
    client.get(f"/v1/decisions/{decision}")

    done(store_settings, "subject", "forget", *ENTITY, "--yes", said=ONE)

    with closing(store_from(store_settings)) as store:
        store.ready()
        with store.reading() as connection:
            assert connection.execute(select(decision_read)).all() == []
            assert connection.execute(select(entity).where(entity.c.kind == "document")).all() == []


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
