"""Commands that keep the store: ``riskscore db`` and ``import-history``."""

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

import click

from riskscore.errors import RiskScoreError, UpkeepError
from riskscore.product.application import TENANT_NAME, TENANT_RULE
from riskscore.product.moments import BadMoment, moment_or_date
from riskscore.product.spec import Product
from riskscore.settings import Settings, settings_from

T = TypeVar("T")


@contextmanager
def told() -> Iterator[None]:
    """Say what went wrong in one line."""
    try:
        yield
    except RiskScoreError as error:
        raise click.ClickException(str(error)) from error


def settings() -> Settings:
    return settings_from(os.environ)


@click.group()
def db() -> None:
    """Keep the database: RISKSCORE_DATABASE_URL says which."""


@db.command()
def upgrade() -> None:
    """Create the tables, or bring them up to date. SQLite's also are when the service starts."""
    from riskscore.history.store import upgrade_store  # noqa: PLC0415 - see riskscore.cli

    with told():
        upgrade_store(settings())
    click.echo("the database is up to date")


@db.command()
@click.argument("folder", type=click.Path(path_type=Path))
def backup(folder: Path) -> None:
    """Copy database and keys into FOLDER, while others serve; keys that are in no file stay there.

    Whoever has the folder can find people in it: keep it as you keep the key.
    """
    from riskscore.history import backup as copies  # noqa: PLC0415 - see riskscore.cli

    with told():
        keys = copies.backup(settings(), folder)
    click.echo(f"database {'and keys copied' if keys else 'without its keys copied'} to {folder}")


@db.command()
@click.argument("folder", type=click.Path(path_type=Path))
def restore(folder: Path) -> None:
    """Bring the backup in FOLDER to where no store is yet."""
    from riskscore.history import backup as copies  # noqa: PLC0415 - see riskscore.cli

    with told():
        copies.restore(settings(), folder)
    click.echo("restored, proven whole")


@click.command("import-history")
@click.argument("events", type=click.Path(path_type=Path))
@click.option("--since", metavar="DATE", callback=lambda _, __, date: moment_of(date))
def import_history(events: Path, since: int | None) -> None:
    """Seed a new store with the event folder EVENTS; --since says from when it is whole."""
    from riskscore.history import importing, store  # noqa: PLC0415 - see riskscore.cli
    from riskscore.history.event_files import OUTCOMES, EventFolder  # noqa: PLC0415

    with told():
        names = sorted(each.stem for each in events.glob("*.parquet"))
        known = declarations(settings().models)
        held = {name: known[name] for name in names if name in known}
        if not held:
            raise UpkeepError(f"{events}: expected <product>.parquet of {', '.join(sorted(known))}")
        if strange := [each for each in names if each not in {*known, OUTCOMES, "truth"}]:
            click.echo(f"ignored, no such product: {', '.join(strange)}", err=True)
        folder = EventFolder(path=events, products=held)
        tally = importing.Tally()
        with closing(store.store_from(settings())) as opened:
            for tally in importing.import_history(opened, folder, since=since):
                progress(tally.applications + tally.outcomes)
    click.echo(
        f"{tally.applications} applications and {tally.outcomes} outcomes taken in, "
        f"{tally.skipped} that do not count or speak of nothing here left out"
    )


COMMANDS: tuple[click.Command, ...] = (db, import_history)


def moment_of(date: str | None) -> int | None:
    if date is None:
        return None
    try:
        return moment_or_date(date)
    except BadMoment as error:
        raise click.BadParameter(str(error)) from None


def tenant_named(_: click.Context, __: click.Parameter, name: str | None) -> str | None:
    """Refuse what is no tenant's name; nothing at all stays nothing."""
    if name is not None and not re.fullmatch(TENANT_NAME, name, re.ASCII):
        raise click.BadParameter(f"expected {TENANT_RULE}")
    return name


def declarations(models: Path) -> dict[str, Product]:
    """Read every product that is served or built in."""
    from riskscore.product.toml import built_in, read_file, read_product  # noqa: PLC0415

    known = {name: read_product(name) for name in built_in()}
    for champion in sorted(models.glob("*/champion")):
        version = champion.read_text("ascii").strip()
        product = read_file(champion.parent / version / "product.toml")
        known[product.name] = product
    return known


def at_the_end(steps: Iterable[T], nothing: T) -> T:
    """Follow a run to its end and return its last word."""
    return next(iter(deque(steps, maxlen=1)), nothing)


def progress(rows: int, every: int = 100_000) -> None:
    if rows % every == 0:
        click.echo(f"{rows} rows", err=True)
