"""A database from before tenants had keys of their own is taken up with its history."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from riskscore.api.served import EXTENSION
from riskscore.app import create_app
from riskscore.errors import StoreMismatch
from riskscore.history import migrate
from riskscore.history.engine import file_of, make_engine, url_from
from riskscore.history.store import make_file, store_from, upgrade_store
from riskscore.privacy import PseudonymKey
from riskscore.settings import Settings
from tests.conftest import sqlite_url

SECRET = b"f" * 32
KEY = PseudonymKey("default", 1, SECRET, None)
DOCUMENT = KEY.pseudonym("document", "THNID1101700203451")
ROWS: list[tuple[str, dict[str, Any]]] = [
    ("INSERT INTO pseudonym_key VALUES (1, :proof)", {"proof": KEY.proof}),
    ("INSERT INTO stream VALUES (1, 'default', 'phone_subscription', 0, NULL)", {}),
    ("INSERT INTO entity VALUES (1, 'default', 'document', 1, :name)", {"name": DOCUMENT}),
    (
        "INSERT INTO event VALUES (1, 1, 'old', 1763600000000000, 1763600000000000, 500, '{}', :e)",
        {"e": '{"document": 1}'},
    ),
    (
        "INSERT INTO sighting VALUES (1, 1, 1763600000000000, 1, NULL)",
        {},
    ),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, models: Path, tmp_path: Path) -> Settings:
    """Fill a database of an earlier version as that version did."""
    sqlite = request.param == "sqlite"
    url = sqlite_url(tmp_path) if sqlite else str(request.getfixturevalue("postgresql_url"))
    path = tmp_path / "first.key"
    path.touch(mode=0o600)
    path.write_text(f"1 {SECRET.hex()}\n")
    if sqlite:
        make_file(file_of(url_from(url)))
    engine = make_engine(url_from(url), seconds=5)
    with engine.connect() as connection:
        connection.execution_options(writing=True)
        with connection.begin():
            config = Config()
            config.set_main_option("script_location", str(migrate.SCRIPTS))
            config.attributes["connection"] = connection
            command.upgrade(config, "0002")
            for statement, values in ROWS:
                connection.execute(text(statement), values)
            if not sqlite:
                for table in ("stream", "entity", "event"):
                    connection.execute(text(f"SELECT setval('{table}_id_seq', 1)"))
    engine.dispose()
    settings = Settings(
        models=models, database_url=url, pseudonym_key_file=path, known_since=0, dev=True
    )
    if not sqlite:
        upgrade_store(settings)
    return settings


def test_an_old_database_is_found_again_by_its_old_key(old: Settings) -> None:
    app = create_app(old)
    sent: dict[str, Any] = {
        "reference": "new",
        "occurred_at": "2025-11-20T10:00:00Z",
        "entities": {"document": "TH-NID-1101700203451", "msisdn": "+66812345678"},
        "features": {"sims_on_document": 1, "channel": "store", "prepaid": True},
    }

    answer = app.test_client().post("/v1/phone-subscription/scores", data=json.dumps(sent),
                                    content_type="application/json").get_json()  # fmt: skip
    told = app.test_client().get(f"/v1/decisions/{answer['decision_id']}").get_json()

    app.extensions[EXTENSION].store.close()
    assert told["features"]["registrations_7d"] == 1


def test_an_old_database_refuses_another_key(old: Settings) -> None:
    path = Path(str(old.pseudonym_key_file))
    path.write_text(f"1 {(b'x' * 32).hex()}\n")

    with closing(store_from(old)) as store, pytest.raises(StoreMismatch, match="not the key"):
        store.open()
