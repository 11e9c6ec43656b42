"""A store is copied, restored elsewhere and upgraded, as an operator does it."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from riskscore.api.served import EXTENSION
from riskscore.cli import main
from riskscore.history.store import Store
from riskscore.settings import Settings
from tests import databases
from tests.clients import run, served
from tests.riskscore.upkeep.conftest import ONE, numbered, send


def test_a_backup_restores_history_decisions_and_key(
    store_settings: Settings, client: FlaskClient, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    said = send(client, numbered(0, ONE))
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
        assert count_of(other, ONE) == 1


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
    asked = numbered(9, document, at="2026-11-21T10:00:00Z")
    store: Store = client.application.extensions[EXTENSION].store
    store.declared = 0
    answer = send(client, asked | {"reference": "counts"})
    told = client.get(f"/v1/decisions/{answer['decision_id']}").get_json()
    return int(told["features"]["registrations_7d"])


def test_a_restore_never_overwrites(
    store_settings: Settings, client: FlaskClient, tmp_path: Path
) -> None:
    send(client, numbered(0, ONE))
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


def test_keys_that_are_in_no_file_are_not_copied(
    store_settings: Settings, client: FlaskClient, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    send(client, numbered(0, ONE))
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
