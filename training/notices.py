"""What a person should know and no program needs: one line each, on stderr."""

import click


def notice(text: str) -> None:
    click.echo(f"note: {text}", err=True)


def warn(text: str) -> None:
    click.echo(f"warning: {text}", err=True)
