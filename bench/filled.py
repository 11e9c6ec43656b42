"""Stores that were in use for long: filled by SQL, some identifiers known by name."""

import shutil
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, text

from bench.bodies import KNOWN, known
from bench.filling import PER, fill, settings_of, settle
from riskscore.history.store import Store, store_from, upgrade_store
from riskscore.product.application import TENANT
from riskscore.product.identifiers import canonical
from riskscore.product.moments import now
from riskscore.settings import Settings


class Filled(NamedTuple):
    """A store, and how a service is told to work with it."""

    settings: Settings

    @property
    def environ(self) -> dict[str, str]:
        return {
            "RISKSCORE_DATABASE_URL": self.settings.database_url,
            "RISKSCORE_PSEUDONYM_KEY_FILE": str(self.settings.pseudonym_key_file),
            "RISKSCORE_KNOWN_SINCE": "1970-01-01",
        }


def known_names(events: int) -> dict[str, int]:
    """Say how many identifiers of each kind a store of so many events knows by ``known``."""
    return {kind: min(KNOWN, events // per) for kind, per in PER.items()}


def filled(folder: Path, events: int) -> Filled:
    """Make a new SQLite store in a folder, with so many events of the last ninety days."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    asked = settings_of(folder.resolve(), None, events)
    names = known_names(events)
    with closing(store_from(asked)) as store:
        upgrade_store(asked)
        store.keys_of(TENANT)
        with store.writing() as connection:
            fill(connection, store, events, now())
            for kind, count in names.items():
                name_evenly(connection, store, kind, count, events // PER[kind])
        settle(store)
    return Filled(asked)


def name_evenly(connection: Connection, store: Store, kind: str, count: int, of: int) -> None:
    """Give identifiers all over a kind the pseudonyms of ``known`` ones."""
    key = store.keys_of(TENANT).newest
    first = connection.scalar(text("SELECT min(id) FROM entity WHERE kind = :kind"), {"kind": kind})
    rows = [
        {
            "id": first + place * of // count,
            "value": key.pseudonym(kind, canonical(known(kind, place), "plain")),
        }
        for place in range(count)
    ]
    connection.execute(text("UPDATE entity SET pseudonym = :value WHERE id = :id"), rows)
