"""Commands that say who may ask the service: ``riskscore keys create``, ``list``, ``revoke``."""

import os
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from riskscore.errors import RiskScoreError
from riskscore.key_upkeep import keys
from riskscore.product.application import TENANT
from riskscore.product.moments import microseconds, now, rfc3339
from riskscore.settings import settings_from
from riskscore.upkeep import tenant_named

__all__ = ["keys"]

AGE = re.compile(r"([1-9][0-9]{0,4})d", re.ASCII)
RATE, QUOTA = 100, 1_000_000  # what a key may ask unless told


def scope_of(_: click.Context, __: click.Parameter, scopes: tuple[str, ...]) -> tuple[str, ...]:
    from riskscore.access.caller import SCOPE, SCOPES  # noqa: PLC0415 - see riskscore.cli

    for each in scopes:
        if not re.fullmatch(SCOPE, each, re.ASCII):
            raise click.BadParameter(f"{each!r}: expected {SCOPES}")
    return scopes


def expiry(_: click.Context, __: click.Parameter, age: str | None) -> int | None:
    if age is None:
        return None
    match = AGE.fullmatch(age)
    if not match:
        raise click.BadParameter("expected days, such as 90d")
    return microseconds(datetime.now(UTC) + timedelta(days=int(match[1])))


@keys.command()
@click.argument("name")
@click.option("--tenant", default=TENANT, show_default=True, callback=tenant_named)
@click.option("--scope", "scopes", multiple=True, required=True, callback=scope_of)
@click.option("--expires", "expires_at", metavar="90d", callback=expiry, help="Never, by default.")
@click.option("--rate", type=click.IntRange(1), default=RATE, show_default=True, help="A second.")
@click.option("--quota", type=click.IntRange(1), default=QUOTA, show_default=True, help="A day.")
def create(name: str, **asked: Any) -> None:
    """Make a key called NAME and print it, this once.

    Two keys of one name may be in use: make the new one, let the callers change, revoke the old.
    """
    from riskscore.access.keys import Grant  # noqa: PLC0415 - see riskscore.cli
    from riskscore.access.keys import create as make  # noqa: PLC0415 - see riskscore.cli

    with opened() as store:
        click.echo(make(store, Grant(name=name, **asked)))


@keys.command("list")
def list_keys() -> None:
    """Tell of every key all but its secret."""
    from riskscore.access.keys import listed  # noqa: PLC0415 - see riskscore.cli

    with opened() as store:
        for each in listed(store):
            limits = f"{each.rate or 'any'}/s {each.quota or 'any'}/day"
            scopes = ",".join(each.scopes)
            click.echo(
                f"{each.prefix}  {state(each):<8} {each.tenant}  {each.name}  {scopes}  {limits}  "
                f"since {rfc3339(each.created_at)[:10]}"
            )


@keys.command()
@click.argument("prefix")
def revoke(prefix: str) -> None:
    """Let the key of PREFIX open no door any more, within two seconds."""
    from riskscore.access.keys import revoke as end  # noqa: PLC0415 - see riskscore.cli

    with opened() as store:
        end(store, prefix.removeprefix("rsk_"))
    click.echo(f"{prefix} is revoked")


def state(row: Any) -> str:
    if row.revoked_at is not None:
        return "revoked"
    over = row.expires_at is not None and row.expires_at <= now()
    return "expired" if over else "live"


@contextmanager
def opened() -> Iterator[Any]:
    """Open the store that the settings name; say what went wrong in one line."""
    from riskscore.history.store import store_from  # noqa: PLC0415 - see riskscore.cli

    try:
        with closing(store_from(settings_from(os.environ))) as store:
            store.open()
            yield store
    except RiskScoreError as error:
        raise click.ClickException(str(error)) from error
