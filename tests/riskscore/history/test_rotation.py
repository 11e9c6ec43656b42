"""Keys are replaced while applications come in: no request fails, no history is lost."""

import json
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from riskscore.cli import main
from riskscore.errors import StoreMismatch, StoreUnavailable, UpkeepError
from riskscore.history import rotation
from riskscore.history.desk import Desk, arrivals_of
from riskscore.history.keys import proofs_of
from riskscore.history.plan import plan
from riskscore.history.recording import lock
from riskscore.history.schema import entity, pseudonym_key
from riskscore.history.store import Store, store_from
from riskscore.keysource import key_file
from riskscore.product.application import Application
from riskscore.product.spec import Product
from riskscore.settings import Settings
from tests.databases import files_of
from tests.serving import Server, serving

SCORES = "/v1/phone-subscription/scores"
DOCUMENTS = [f"TH-NID-{place:013}" for place in range(8)]
APPLICATION = Application(
    reference="r",
    occurred_at=1,
    purpose="onboard",
    entities={"document": "THNID1101700203451"},
    since={},
    features={},
)
CANONICAL = [each.replace("-", "") for each in DOCUMENTS]


def run(settings: Settings, *words: str, said: str = "") -> Result:
    keys = settings.pseudonym_keys or f"file:{settings.pseudonym_key_file}"
    environ = {
        "RISKSCORE_MODELS": str(settings.models),
        "RISKSCORE_DATABASE_URL": settings.database_url,
        "RISKSCORE_PSEUDONYM_KEYS": keys,
    }
    return CliRunner().invoke(main, words, input=said, env=environ)


def rotated(settings: Settings) -> None:
    """Replace every key, as the manual says."""
    for words in (["next-pseudonyms"], ["rotate-pseudonyms", "--rewrite"]):
        done = run(settings, "keys", *words)
        assert done.exit_code == 0, done.output


@contextmanager
def running(settings: Settings, folder: Path) -> Iterator[Server]:
    environ = {
        "database_url": settings.database_url,
        "pseudonym_key_file": str(settings.pseudonym_key_file),
        "known_since": "2020-01-01",
    }
    with serving(settings.models, folder, "--workers", "3", **environ) as server:
        yield server


def sent(server: Server, place: int, document: str) -> int:
    """Send an application; returns how many the store saw of its document in seven days."""
    body = {
        "reference": f"r{place}-{document}",
        "occurred_at": "2026-11-20T10:00:00Z",
        "entities": {"document": document, "msisdn": f"+6681234{place % 10_000:04}"},
        "features": {"sims_on_document": 1, "channel": "store", "prepaid": True},
    }
    status, answer = server.request("POST", SCORES, json.dumps(body))
    assert status == 200, answer
    _, told = server.request("GET", f"/v1/decisions/{answer['decision_id']}")
    return int(told["features"]["registrations_7d"])


def test_rotation_under_load_fails_no_request_and_loses_no_history(
    store_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "TOGETHER", 5)  # as long on the way as a large store is
    counts: dict[str, list[int]] = {each: [] for each in DOCUMENTS}
    stopped, rotations = threading.Event(), 0

    def keep_sending(server: Server, document: str) -> None:
        while not stopped.is_set():
            counts[document].append(sent(server, len(counts[document]), document))

    with running(store_settings, tmp_path) as server, ThreadPoolExecutor(len(DOCUMENTS)) as many:
        senders = [many.submit(keep_sending, server, each) for each in DOCUMENTS]
        try:
            while rotations < 3 or min(map(len, counts.values())) < 10:
                assert not any(each.done() for each in senders)
                rotated(store_settings)
                rotations += 1
        finally:
            stopped.set()
        for each in senders:
            each.result()

    assert all(seen == [*range(len(seen))] for seen in counts.values())
    with closing(store_from(store_settings)) as store:
        [only] = store.keys_of("default").live
        assert only.version == rotations + 1
        with store.reading() as connection:
            assert {*connection.scalars(select(entity.c.key_version))} == {only.version}
            documents = entity.c.kind == "document"
            held = connection.scalars(select(entity.c.pseudonym).where(documents)).all()
    expected = [only.pseudonym("document", each) for each in CANONICAL]
    assert sorted(map(bytes, held)) == sorted(expected)


def test_the_old_key_is_good_for_nothing(store_settings: Settings, tmp_path: Path) -> None:
    with running(store_settings, tmp_path) as server:
        sent(server, 0, DOCUMENTS[0])
    stolen = tmp_path / "stolen.key"
    shutil.copy(str(store_settings.pseudonym_key_file), stolen)
    old = key_file(stolen).read().of("default")[1]
    with closing(store_from(store_settings)) as store:
        traces = [old.pseudonym("document", CANONICAL[0]), old.digest("document", CANONICAL[0])]
        assert found(store, traces[:1])

    rotated(store_settings)

    thief = replace(store_settings, pseudonym_key_file=stolen)
    with closing(store_from(store_settings)) as store:
        assert not found(store, traces)
        assert found(store, [store.keys_of("default").newest.pseudonym("document", CANONICAL[0])])
    with closing(store_from(thief)) as store, pytest.raises(StoreMismatch, match="not the key"):
        store.open()
    refused = run(
        thief, "subject", "forget", "--entity", "document", "--yes", said=f"{DOCUMENTS[0]}\n"
    )
    assert refused.exit_code == 1
    assert "not the key that the database was written under" in refused.output
    assert [*key_file(Path(str(store_settings.pseudonym_key_file))).read().of("default")] == [2]


def found(store: Store, traces: list[bytes]) -> bool:
    content = b"".join(each.read_bytes() for each in files_of(store))
    return any(each in content or each.hex().encode() in content for each in traces)


def test_a_rotation_that_stopped_goes_on(store_settings: Settings, tmp_path: Path) -> None:
    with running(store_settings, tmp_path) as server:
        assert sent(server, 0, DOCUMENTS[0]) == 0
        assert run(store_settings, "keys", "next-pseudonyms").exit_code == 0
        with closing(store_from(store_settings)) as store:
            following = store.source.read().of("default")[2]
            store.ready()
            rotation.announce(store, following)
        assert sent(server, 1, DOCUMENTS[0]) == 1

        done = run(store_settings, "keys", "rotate-pseudonyms")

        assert "tenant:default: 2 pseudonyms moved to a new key" in done.output
        assert sent(server, 2, DOCUMENTS[0]) == 2


def test_one_tenant_is_rotated_alone(store_settings: Settings) -> None:
    key_file(Path(str(store_settings.pseudonym_key_file))).complete("acme")
    with closing(store_from(store_settings)) as store:
        store.ready()
        store.keys_of("acme")
    run(store_settings, "keys", "next-pseudonyms", "tenant:acme")

    done = run(store_settings, "keys", "rotate-pseudonyms", "--tenant", "acme")

    assert done.exit_code == 0, done.output
    with closing(store_from(store_settings)) as store:
        store.ready()
        assert store.keys_of("acme").versions == (2, 2)
        assert store.keys_of("default").versions == (1, 1)


def test_an_unknown_owner_is_refused(store_settings: Settings) -> None:
    done = run(store_settings, "keys", "rotate-pseudonyms", "--agreement", "none")

    assert done.exit_code == 1
    assert "agreement:none: no such key in the database" in done.output


def test_a_file_of_the_first_form_goes_on_and_is_rotated_into_a_key_for_each(
    models: Path, tmp_path: Path
) -> None:
    path = tmp_path / "first.key"
    path.touch(mode=0o600)
    path.write_text(f"1 {'a' * 64}\n")
    settings = Settings(
        models=models, database_url=f"sqlite:///{tmp_path}/store.db", pseudonym_key_file=path
    )
    with running(settings, tmp_path) as server:
        assert sent(server, 0, DOCUMENTS[0]) == 0
        assert path.read_text() == f"1 {'a' * 64}\n"

        done = run(settings, "keys", "rotate-pseudonyms")

        assert done.exit_code == 0, done.output
        assert sent(server, 1, DOCUMENTS[0]) == 1
    ring = key_file(path).read()
    assert not ring.shared
    assert ring.of("default")[2].seal is not None


def test_postgresql_wants_the_next_key_on_every_machine_first(
    store_settings: Settings,
) -> None:
    with closing(store_from(store_settings)) as store:
        store.ready()

    done = run(store_settings, "keys", "rotate-pseudonyms")

    sqlite = store_settings.database_url.startswith("sqlite")
    assert done.exit_code == (0 if sqlite else 1)
    assert ("bring the ring to every machine" in done.output) is not sqlite


def test_a_ring_that_a_command_brings_is_printed_and_put_in_place_by_the_operator(
    store_settings: Settings,
) -> None:
    path = Path(str(store_settings.pseudonym_key_file))
    key_file(path).complete("default")
    by_command = replace(
        store_settings, pseudonym_key_file=None, pseudonym_keys=f"command:cat {path}"
    )
    with closing(store_from(by_command)) as store:
        store.ready()
    refused = run(by_command, "keys", "rotate-pseudonyms")
    printed = run(by_command, "keys", "next-pseudonyms")
    path.write_text(printed.output)

    done = run(by_command, "keys", "rotate-pseudonyms")

    assert refused.exit_code == 1
    assert "bring the ring to every machine" in refused.output
    assert done.exit_code == 0, done.output
    assert [*key_file(path).read().of("default")] == [1, 2]
    trimmed = run(by_command, "keys", "trim-pseudonyms")
    assert trimmed.output.startswith("tenant:default 2 ")


def test_who_lacks_the_announced_key_says_so_and_serves_again_with_it(
    store_settings: Settings,
) -> None:
    path = Path(str(store_settings.pseudonym_key_file))
    with closing(store_from(store_settings)) as store, closing(store_from(store_settings)) as other:
        keys = other.keys_of("default")
        with other.reading() as connection:
            keys.follow(connection)
        behind = path.read_text()
        assert run(store_settings, "keys", "next-pseudonyms").exit_code == 0
        ahead = path.read_text()
        rotation.announce(store, key_file(path).read().of("default")[2])

        path.write_text(behind)
        with other.reading() as connection, pytest.raises(StoreUnavailable, match="not those of"):
            keys.follow(connection)
        path.write_text(ahead)
        with other.reading() as connection:
            keys.follow(connection)

        assert keys.versions == (1, 2)


def test_a_tenant_without_a_key_is_refused_where_we_may_not_make_one(
    store_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(store_from(store_settings)) as store:
        store.ready()
        if store_settings.database_url.startswith("sqlite"):
            assert store.keys_of("acme").versions == (1, 1)
            return

        with pytest.raises(StoreUnavailable, match="no pseudonym key of tenant:acme"):
            store.keys_of("acme")

        assert "riskscore keys new-pseudonyms" in caplog.text
        assert run(store_settings, "keys", "new-pseudonyms", "tenant:acme").exit_code == 0
        assert store.keys_of("acme").versions == (1, 1)


def test_the_store_knows_each_owner_by_a_proof_of_its_own(store_settings: Settings) -> None:
    key_file(Path(str(store_settings.pseudonym_key_file))).complete("acme", "agreement swap")
    with closing(store_from(store_settings)) as store:
        for owner in ("acme", "agreement swap"):
            store.keys_of(owner)
        with store.reading() as connection:
            rows: list[Any] = [*connection.execute(select(pseudonym_key))]

    assert {row.owner for row in rows} >= {"acme", "agreement swap"}
    assert len({bytes(row.proof) for row in rows}) == len(rows)


def test_a_rotation_waits_for_whoever_is_adding_and_lets_others_by(
    store_settings: Settings, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    if store_settings.database_url.startswith("sqlite"):
        pytest.skip("of SQLite there is one writer anyway")
    monkeypatch.setattr(rotation, "ATTEMPTS", 2)
    assert run(store_settings, "keys", "next-pseudonyms").exit_code == 0
    with closing(store_from(store_settings)) as store, closing(store_from(store_settings)) as other:
        other.ready()
        store.ready()
        following = store.source.read().of("default")[2]
        asked = plan(product, {product.name: product}, other.engine.dialect)
        arrivals = arrivals_of(other, "default", [APPLICATION])
        with other.writing() as connection:
            desk = Desk(connection=connection, store=other, plan=asked, tenant="default",
                        received_at=1)  # fmt: skip
            lock(desk, arrivals)

            with pytest.raises(UpkeepError, match="applications entered all the while"):
                rotation.announce(store, following)

        rotation.announce(store, following)
        rotation.announce(store, following)
        with store.reading() as connection:
            assert sorted(proofs_of(connection, "default")) == [1, 2]
