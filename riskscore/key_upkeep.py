"""Commands that keep the pseudonym keys: ``riskscore keys ...-pseudonyms``."""

import re
from collections.abc import Callable
from contextlib import closing

import click

from riskscore.keyring import AGREEMENT, OWNER, KeyRing, named, owner_of
from riskscore.keysource import KeySource
from riskscore.upkeep import at_the_end, settings, told


@click.group()
def keys() -> None:
    """Keep the keys: of who may ask, and of the pseudonyms (RISKSCORE_PSEUDONYM_KEYS)."""


@keys.command("new-pseudonyms")
@click.argument("names", nargs=-1, required=True, metavar="tenant:NAME|agreement:NAME...")
def new_pseudonyms(names: tuple[str, ...]) -> None:
    """Make a key for each NAME that has none.

    With SQLite the service does this by itself. A ring that is not in a file is printed, for you
    to put where it is kept.
    """
    from riskscore.history.store import source_of  # noqa: PLC0415 - see riskscore.cli

    owners = [owner_named(each) for each in names]
    with told():
        changed(source_of(settings()), lambda ring: ring.complete(*owners))


@keys.command("next-pseudonyms")
@click.argument("names", nargs=-1, metavar="[tenant:NAME|agreement:NAME...]")
def next_pseudonyms(names: tuple[str, ...]) -> None:
    """Make the key to which each NAME (default: all) is rotated next, without using it yet.

    Where several machines hold copies of the ring, bring this one to all of them before
    rotate-pseudonyms.
    """
    from riskscore.history import rotation, store  # noqa: PLC0415 - see riskscore.cli

    owners = [owner_named(each) for each in names]
    with told(), closing(store.store_from(settings())) as opened:
        asked = owners or rotation.owners_of(opened)
        changed(opened.source, lambda ring: rotation.prepared(opened, ring, asked))


@keys.command("rotate-pseudonyms")
@click.option("--tenant", "tenants", multiple=True, help="Whose key.  [default: all keys]")
@click.option("--agreement", "agreements", multiple=True, help="Which agreement's key.")
@click.option("--rewrite", is_flag=True, help="Write every table anew; whoever serves waits.")
def rotate_pseudonyms(
    tenants: tuple[str, ...], agreements: tuple[str, ...], *, rewrite: bool
) -> None:
    """Replace keys, while others serve: history stays, and the old key is good for nothing.

    Stopped on the way, it goes on where it was. With PostgreSQL the ring must hold the next key
    before (next-pseudonyms), and bytes of the old pseudonyms stay in its files until they are used
    again, unless told to --rewrite.
    """
    from riskscore.history import erasing, rotation, store  # noqa: PLC0415 - see riskscore.cli

    asked = [*tenants, *(f"{AGREEMENT}{each}" for each in agreements)]
    with told(), closing(store.store_from(settings())) as opened:
        for owner in asked or rotation.owners_of(opened):
            done = at_the_end(rotation.rotate_owner(opened, owner), 0)
            click.echo(f"{named(owner)}: {done} pseudonyms moved to a new key")
        erasing.settle(opened, rewrite=rewrite)
        if opened.source.path:
            changed(opened.source, lambda ring: rotation.trimmed(opened, ring))
        else:
            click.echo("the old keys are good for nothing: 'riskscore keys trim-pseudonyms'")


@keys.command("trim-pseudonyms")
def trim_pseudonyms() -> None:
    """Drop keys that the database has left behind."""
    from riskscore.history import rotation, store  # noqa: PLC0415 - see riskscore.cli

    with told(), closing(store.store_from(settings())) as opened:
        changed(opened.source, lambda ring: rotation.trimmed(opened, ring))


def owner_named(name: str) -> str:
    if not re.fullmatch(f"(tenant|agreement):{OWNER}", name, re.ASCII):
        raise click.BadParameter(f"{name}: expected tenant:NAME or agreement:NAME")
    return owner_of(name)


def changed(source: KeySource, how: Callable[[KeyRing], KeyRing]) -> None:
    """Change a file of keys; of what is kept elsewhere, print what it must become."""
    if source.path:
        source.change(how)
        click.echo(f"{source}: up to date")
    else:
        click.echo(how(source.read()).text, nl=False)
