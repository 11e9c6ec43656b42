"""Bring a database to the tables that this code works with."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from riskscore.errors import StoreMismatch
from riskscore.history.schema import HEAD

SCRIPTS = Path(__file__).with_name("migrations")
UPGRADING = 0x7269736B  # the advisory lock of whoever upgrades a PostgreSQL database


def version_in(connection: Connection) -> str | None:
    """Return the version of a database's tables; None before the first."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def check_version(connection: Connection) -> None:
    """Refuse to work with tables of another version.

    Raises:
        StoreMismatch: They are older or newer.
    """
    version = version_in(connection)
    if version is None or version < HEAD:
        raise StoreMismatch(
            f"the database is at version {version or 'none'}, expected {HEAD}: "
            "run 'riskscore db upgrade'"
        )
    _refuse_newer(version)


def upgrade(connection: Connection) -> None:
    """Walk every migration that the database lacks, in the caller's transaction.

    Raises:
        StoreMismatch: A newer riskscore wrote it.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADING})
    version = version_in(connection)
    if version == HEAD:
        return
    _refuse_newer(version)
    from alembic import command  # noqa: PLC0415 - a worker that finds its tables needs none of it
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _refuse_newer(version: str | None) -> None:
    if version is not None and version > HEAD:
        raise StoreMismatch(
            f"the database is at version {version}, newer than this riskscore, which reads {HEAD}"
        )
