"""Commands for the rights of people: ``riskscore subject`` and ``purge``."""

import getpass
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click

from riskscore.errors import UpkeepError
from riskscore.product.moments import microseconds, now, rfc3339
from riskscore.product.spec import Entity
from riskscore.settings import Settings
from riskscore.upkeep import at_the_end, declarations, settings, tenant_named, told

AGE = re.compile(r"([1-9][0-9]{0,4})d", re.ASCII)
Function = Callable[..., Any]


def of_one(function: Function) -> Function:
    """Add the options that name a person; the identifier itself is read from standard input.

    It is not an argument, because those stay in the shell's history.
    """
    tenant = click.option(
        "--tenant", callback=tenant_named, help="Whose person.  [default: every tenant's]"
    )
    kind = click.option("--entity", required=True, help="Kind of identifier, such as id_document.")
    return kind(tenant(function))


def by_somebody(function: Function) -> Function:
    reason = click.option("--reason", required=True, help="Why; it must not name the person.")
    by = click.option("--by", default=getpass.getuser, help="Who.  [default: the account]")
    return reason(by(function))


@click.command()
@click.option("--older-than", metavar="400d", callback=lambda _, __, age: days(age))
@click.option("--product", help="Of one product only.")
@click.option("--tenant", callback=tenant_named, help="Of one tenant only.")
@click.option("--rewrite", is_flag=True, help="Write every table anew; whoever serves waits.")
def purge(
    older_than: timedelta | None, product: str | None, tenant: str | None, *, rewrite: bool
) -> None:
    """Erase every application that occurred before then, while others serve.

    Without --older-than, each product's as RISKSCORE_RETENTION says. Windows that would reach
    further back are unknown from then on. What is under a legal hold stays. With PostgreSQL, bytes
    of what was erased stay in its files until they are used again, unless told to --rewrite.
    """
    from riskscore.history import erasing, retention, store  # noqa: PLC0415 - see riskscore.cli

    with told(), closing(store.store_from(settings())) as opened:
        decisions = events = 0
        for age, name in ages(settings(), older_than, product):
            old = retention.Old(microseconds(datetime.now(UTC) - age), name, tenant)
            done = at_the_end(retention.purge(opened, old), retention.Erased(0, 0))
            decisions, events = decisions + done.decisions, events + done.events
            left = retention.kept(opened, old)
            if any(left):
                click.echo(
                    f"{left.decisions} decisions and {left.events} events are under a legal hold "
                    "and stay",
                    err=True,
                )
        erasing.settle(opened, rewrite=rewrite)
    click.echo(f"{decisions} decisions and {events} events erased")


def ages(
    asked: Settings, older_than: timedelta | None, product: str | None
) -> Iterator[tuple[timedelta, str | None]]:
    """Say what is too old, product by product.

    Raises:
        UpkeepError: Nobody says how old that is, or there is no such product.
    """
    named = [name for name, _ in asked.retention] + ([product] if product else [])
    known = declarations(asked.models)
    for each in named:
        if each not in known:
            raise UpkeepError(f"{each}: no such product: expected one of {', '.join(known)}")
    if older_than is not None:
        yield older_than, product
        return
    kept = [(name, age) for name, age in asked.retention if product in (None, name)]
    if not kept:
        raise UpkeepError("expected --older-than 400d, or RISKSCORE_RETENTION with the product")
    for name, age in kept:
        yield timedelta(days=age), name


@click.group()
def subject() -> None:
    """What is held of one person."""


@subject.command()
@of_one
def report(entity: str, tenant: str | None) -> None:
    """Print, as JSON, everything that is held of whoever has an identifier.

    The identifier is read from standard input. That it was reported is itself recorded.
    """
    from riskscore.decision.dossier import dossier  # noqa: PLC0415 - see riskscore.cli
    from riskscore.history import store, subjects  # noqa: PLC0415

    with told(), closing(store.store_from(settings())) as opened:
        kind = entity_of(entity, settings().models)
        numbers = subjects.find_subject(opened, kind, asked_identifier(), tenant=tenant)
        reader = f"riskscore subject report, {getpass.getuser()}"
        held = dossier(opened, numbers, reader=reader)
    said = {"entity": entity, "reported_at": rfc3339(now()), "tenants": held}
    click.echo(json.dumps(said, ensure_ascii=False, indent=1))


@subject.command()
@of_one
@click.option("--rewrite", is_flag=True, help="Write every table anew; whoever serves waits.")
@click.option("--yes", is_flag=True, help="Do not ask before erasing.")
def forget(entity: str, tenant: str | None, *, rewrite: bool, yes: bool) -> None:
    """Erase every application that carries an identifier, read from standard input.

    An identifier that many share, such as a dealer's, takes all of their applications with it.
    Nothing is erased under a legal hold; an application that also carries another identifier which
    is under one stays.
    """
    from riskscore.history import erasing, retention, store, subjects  # noqa: PLC0415

    with told(), closing(store.store_from(settings())) as opened:
        kind = entity_of(entity, settings().models)
        asked = asked_identifier(alone=yes)
        numbers = [*subjects.find_subject(opened, kind, asked, tenant=tenant).values()]
        if not numbers:
            click.echo("nothing is held under that identifier")
            return
        retention.check_free(opened, numbers)
        held = retention.held_of(opened, numbers)
        if not yes:
            click.confirm(f"erase {held.events} events and every decision on them?", abort=True)
        done = at_the_end(retention.forget(opened, numbers), retention.Erased(0, 0))
        left = retention.held_of(opened, numbers)
        erasing.settle(opened, rewrite=rewrite)
    click.echo(f"{done.decisions} decisions and {done.events} events erased")
    if any(left):
        click.echo(
            f"{left.events} events and {left.decisions} further decisions also carry somebody who "
            "is under a legal hold, and stay",
            err=True,
        )


@subject.command()
@of_one
@by_somebody
def hold(entity: str, tenant: str | None, reason: str, by: str) -> None:
    """Let nothing of whoever has an identifier be erased, until released."""
    from riskscore.history.holds import hold_identifiers  # noqa: PLC0415 - see riskscore.cli

    number = changed_holds(entity, tenant, partial(hold_identifiers, reason=reason, by=by))
    click.echo(f"{number} holds placed" if number else "nothing is held under that identifier")


@subject.command()
@of_one
@by_somebody
def release(entity: str, tenant: str | None, reason: str, by: str) -> None:
    """End every legal hold on whoever has an identifier."""
    from riskscore.history.holds import release_identifiers  # noqa: PLC0415 - see riskscore.cli

    number = changed_holds(entity, tenant, partial(release_identifiers, reason=reason, by=by))
    click.echo(f"{number} holds released" if number else "no hold is on that identifier")


@subject.command()
def holds() -> None:
    """List the legal holds, without saying on whom."""
    from riskscore.history import holds as held  # noqa: PLC0415 - see riskscore.cli
    from riskscore.history import store  # noqa: PLC0415

    with told(), closing(store.store_from(settings())) as opened:
        opened.ready()
        with opened.reading() as connection:
            rows = held.active_holds(connection)
    for row in rows:
        since = rfc3339(row.held_at)
        click.echo(f"{row.tenant} {row.kind} since {since} by {row.held_by}: {row.reason}")


def changed_holds(entity: str, tenant: str | None, change: Function) -> int:
    """Change the holds on a person while nobody erases; returns how many changed."""
    from riskscore.history import erasing, store, subjects  # noqa: PLC0415

    with told(), closing(store.store_from(settings())) as opened:
        kind = entity_of(entity, settings().models)
        found = subjects.find_subject(opened, kind, asked_identifier(alone=True), tenant=tenant)
        numbers = [*found.values()]
        with opened.writing() as connection:
            erasing.lock(connection, opened, numbers=numbers)
            done: int = change(connection, numbers)
            return done


COMMANDS: tuple[click.Command, ...] = (purge, subject)


def days(age: str | None) -> timedelta | None:
    match = AGE.fullmatch(age or "")
    if age is not None and not match:
        raise click.BadParameter("expected days, such as 400d")
    return timedelta(days=int(match[1])) if match else None


def asked_identifier(*, alone: bool = True) -> str:
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
