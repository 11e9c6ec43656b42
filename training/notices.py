"""What a person should know and no program needs: one line each, on stderr."""

from collections.abc import Sequence

import click

SHOWN = 8


def notice(text: str) -> None:
    click.echo(f"note: {text}", err=True)


def warn(text: str) -> None:
    click.echo(f"warning: {text}", err=True)


def listed(names: Sequence[str]) -> str:
    """Name a few, and count the rest."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
