"""Commands that keep the store: ``riskscore db``, ``purge``, ``subject`` and ``import-history``."""

import os
import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import click

from riskscore.errors import RiskScoreError, UpkeepError
from riskscore.product.application import TENANT
from riskscore.product.moments import BadMoment, microseconds, moment_or_date
from riskscore.product.spec import Entity, Product
from riskscore.settings import Settings, settings_from

T = TypeVar("T")
AGE = re.compile(r"([1-9][0-9]{0,4})d", re.ASCII)


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
    """Copy database and key into FOLDER, while others serve.

    Whoever has the folder can find people in it: keep it as you keep the key.
    """
    from riskscore.history import backup as copies  # noqa: PLC0415 - see riskscore.cli

    with told():
        copies.backup(settings(), folder)
    click.echo(f"database and key copied to {folder}")


@db.command()
@click.argument("folder", type=click.Path(path_type=Path))
def restore(folder: Path) -> None:
    """Bring the backup in FOLDER to where no store is yet."""
    from riskscore.history import backup as copies  # noqa: PLC0415 - see riskscore.cli

    with told():
        copies.restore(settings(), folder)
    click.echo("restored, proven whole")


@click.command()
@click.option("--older-than", metavar="400d", required=True, callback=lambda _, __, age: days(age))
@click.option("--rewrite", is_flag=True, help="Write every table anew; whoever serves waits.")
def purge(older_than: timedelta, *, rewrite: bool) -> None:
    """Erase every application that occurred before then, while others serve.

    Windows that would reach further back are unknown from then on. With PostgreSQL, bytes of what
    was erased stay in its files until they are used again, unless told to --rewrite.
    """
    from riskscore.history import erasing, retention, store  # noqa: PLC0415 - see riskscore.cli

    with told(), closing(store.store_from(settings())) as opened:
        before = microseconds(datetime.now(UTC) - older_than)
        done = at_the_end(retention.purge(opened, before), retention.Erased(0, 0))
        erasing.settle(opened, rewrite=rewrite)
    click.echo(f"{done.decisions} decisions and {done.events} events erased")


@click.group()
def subject() -> None:
    """What is held of one person."""


@subject.command()
@click.option("--entity", required=True, help="Kind of identifier, such as id_document.")
@click.option("--rewrite", is_flag=True, help="Write every table anew; whoever serves waits.")
@click.option("--yes", is_flag=True, help="Do not ask before erasing.")
def forget(entity: str, *, rewrite: bool, yes: bool) -> None:
    """Erase every application that carries an identifier, read from standard input.

    It is not an argument, because those stay in the shell's history. An identifier that many
    share, such as a dealer's, takes all of their applications with it; at every tenant.
    """
    from riskscore.history import erasing, retention, store  # noqa: PLC0415 - see riskscore.cli

    with told(), closing(store.store_from(settings())) as opened:
        kind = entity_of(entity, settings().models)
        numbers = retention.find_subject(opened, kind, asked_identifier(alone=yes))
        if not numbers:
            click.echo("nothing is held under that identifier")
            return
        held = retention.held_of(opened, numbers)
        if not yes:
            click.confirm(f"erase {held.events} events and every decision on them?", abort=True)
        done = at_the_end(retention.forget(opened, numbers), retention.Erased(0, 0))
        erasing.settle(opened, rewrite=rewrite)
    click.echo(f"{done.decisions} decisions and {done.events} events erased")


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
    if tally.others:
        click.echo(
            f"note: {tally.others} of the applications are of other tenants than {TENANT}, "
            "whose history nobody who is served here sees",
            err=True,
        )


COMMANDS: tuple[click.Command, ...] = (db, purge, subject, import_history)


def days(age: str) -> timedelta:
    match = AGE.fullmatch(age)
    if not match:
        raise click.BadParameter("expected days, such as 400d")
    return timedelta(days=int(match[1]))


def moment_of(date: str | None) -> int | None:
    if date is None:
        return None
    try:
        return moment_or_date(date)
    except BadMoment as error:
        raise click.BadParameter(str(error)) from None


def asked_identifier(*, alone: bool) -> str:
    """Read an identifier without echo from a terminal, or a line from a pipe.

    Unless ``alone``, the next line answers what we ask then.
    """
    if sys.stdin.isatty():
        typed: str = click.prompt("identifier", hide_input=True)
        return typed
    first = sys.stdin.readline().rstrip("\r\n")
    if alone and sys.stdin.read().strip():
        raise UpkeepError("expected one identifier on one line")
    return first


def declarations(models: Path) -> dict[str, Product]:
    """Read every product that is served or built in."""
    from riskscore.product.toml import built_in, read_file, read_product  # noqa: PLC0415

    known = {name: read_product(name) for name in built_in()}
    for champion in sorted(models.glob("*/champion")):
        version = champion.read_text("ascii").strip()
        product = read_file(champion.parent / version / "product.toml")
        known[product.name] = product
    return known


def entity_of(name: str, models: Path) -> Entity:
    """Find how a kind of identifier is spelled; products that share one agree on it.

    Raises:
        UpkeepError: No product has it.
    """
    kinds = {
        each.name: each for product in declarations(models).values() for each in product.entities
    }
    if name not in kinds:
        raise UpkeepError(f"{name}: expected one of {', '.join(sorted(kinds))}")
    return kinds[name]


def at_the_end(steps: Iterable[T], nothing: T) -> T:
    """Follow a run to its end and return its last word."""
    return next(iter(deque(steps, maxlen=1)), nothing)


def progress(rows: int, every: int = 100_000) -> None:
    if rows % every == 0:
        click.echo(f"{rows} rows", err=True)
