"""A key for whoever tries the service for the first time, in a file that only they can read."""

from contextlib import closing
from pathlib import Path

from riskscore.access.keys import Grant, any_live, create
from riskscore.history.engine import file_of, is_sqlite, url_from
from riskscore.history.store import store_from
from riskscore.keysource import write_private
from riskscore.settings import Settings

NAME = "first"
SCOPES = ("score:*", "outcomes", "decisions:read")


def first_key(settings: Settings) -> Path | None:
    """Make a key where a store has none, and say in which file it lies.

    Returns:
        The file; None where the store has keys of other making.

    Raises:
        StartupError, StoreUnavailable: As ``Store.open``.
        ConfigError: The file cannot be written.
    """
    with closing(store_from(settings)) as store:
        store.open()
        path = file_for(settings)
        if not any_live(store):
            write_private(path, create(store, Grant(name=NAME, tenant="default", scopes=SCOPES)))
    return path if path.exists() else None


def file_for(settings: Settings) -> Path:
    """Say where the key goes: beside an SQLite database, else to where we are."""
    url = url_from(settings.database_url)
    return (file_of(url).parent if is_sqlite(url) else Path()) / "first.key"
