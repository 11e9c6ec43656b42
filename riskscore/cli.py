"""Command line: ``riskscore``.

What a command needs is imported by the command: the model's libraries take longer to import than
the server needs to start, and must not be held where they are not used.
"""

import logging
import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import click

from riskscore import subject_upkeep, upkeep
from riskscore.agreements_command import agreements
from riskscore.errors import RiskScoreError
from riskscore.keys_command import keys
from riskscore.product.application import TENANT
from riskscore.settings import Settings, settings_from


@click.group()
@click.version_option(package_name="riskscore")
def main() -> None:
    """Risk scores, with reasons, for SIM registrations and mule accounts."""
    logging.getLogger("riskscore").addHandler(logging.NullHandler())  # a command says it in a line


@main.command()
@click.option("--models", type=click.Path(), help="Folder of bundles.  [default: models]")
@click.option("--bind", metavar="HOST:PORT", help="Where to listen.  [default: 127.0.0.1:8000]")
@click.option("--workers", type=int, help="Processes that answer.  [default: 2]")
@click.option("--dev", is_flag=True, help="Without keys and limits, on this machine only.")
@click.option(
    "--first-key", is_flag=True, help="Make a key where there is none, in a file that is told."
)
def serve(
    models: str | None, bind: str | None, workers: int | None, *, dev: bool, first_key: bool
) -> None:
    """Answer over HTTP until told to stop.

    Options win over RISKSCORE_MODELS, RISKSCORE_BIND and RISKSCORE_WORKERS.
    """
    asked = {"MODELS": models, "BIND": bind, "WORKERS": workers, "DEV": 1 if dev else None}
    given = {f"RISKSCORE_{name}": str(value) for name, value in asked.items() if value is not None}
    environ = {**os.environ, **given}
    settings = read_settings(environ)
    if settings.dev:
        click.echo("Development: anybody on this machine may ask, without key and limit.")
    elif first_key and (found := make_first_key(settings)):
        environ["RISKSCORE_FIRST_KEY"] = str(found)
    become_gunicorn(environ)


@main.command()
@click.argument("models", type=click.Path(path_type=Path))
def check(models: Path) -> None:
    """Prove every bundle in MODELS: hashes, declarations and golden rows."""
    from riskscore.check import prove_all  # noqa: PLC0415 - see above

    good = True
    try:
        for proof in prove_all(models):
            good &= proof.good
            word = "ok" if proof.good else "BROKEN"
            click.echo(f"{proof.product:<20} {proof.place:<10} {word:<7} {proof.finding}")
    except RiskScoreError as error:
        raise click.ClickException(str(error)) from error
    sys.exit(0 if good else 1)


@main.command()
@click.argument("product")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="csv or parquet.")
@click.option(
    "--record",
    is_flag=True,
    help="Remember every row as if it was sent over HTTP: RISKSCORE_DATABASE_URL says where.",
)
@click.option(
    "--history",
    metavar="EVENTS",
    type=click.Path(path_type=Path),
    help="An event folder; each row sees what was received before it.",
)
@click.option(
    "--tenant",
    callback=upkeep.tenant_named,
    help="Whose rows --record remembers.  [default: default]",
)
@click.option("--models", type=click.Path(), help="Folder of bundles.  [default: models]")
@click.option("--reasons/--no-reasons", default=True, help="Without reasons it is much faster.")
@click.option("--language", type=click.Choice(["en", "th"]), default="en", show_default=True)
@click.option(
    "--dask",
    metavar="SCHEDULER",
    help="Score on a cluster (parquet): tcp://HOST:PORT, local, or local:N for N workers here.",
)
def score(
    product: str,
    file: Path,
    out: Path,
    *,
    record: bool,
    history: Path | None,
    tenant: str | None,
    models: str | None,
    reasons: bool,
    language: str,
    dask: str | None,
) -> None:
    """Score the rows of FILE (csv, parquet, or a folder of parquet parts) as PRODUCT.

    Rows that cannot be scored go to a second file beside OUT, each with the reason. Nothing is
    stored unless told to --record; then each row needs a reference and sees the store's history.
    """
    if find_spec("pyarrow") is None:
        raise click.ClickException("score needs pyarrow: install requirements-portfolio.txt")
    from riskscore import portfolio  # noqa: PLC0415 - see above

    if record and history:
        raise click.UsageError(
            "--record reads the store's history: --history EVENTS would be another past than the "
            "one that the decisions are kept with; seed a store with riskscore import-history"
        )
    if tenant is not None and not record:
        raise click.UsageError(
            "--tenant says whose rows --record remembers: nothing is stored here"
        )
    if record and dask:
        raise click.UsageError("--record decides row after row, in one store: not with --dask")
    given = {} if models is None else {"RISKSCORE_MODELS": models}
    settings = read_settings({**os.environ, **given})
    try:
        folder = portfolio.folder_of(settings.models, product)
        if record:
            portfolio.record(
                folder,
                file,
                out,
                settings=settings,
                tenant=tenant or TENANT,
                reasons=reasons,
                language=language,
            )
            return
        before = None
        if history:
            before = portfolio.Before(history, settings.known_since, settings.agreements)
        portfolio.score(
            folder, file, out, before=before, reasons=reasons, language=language, dask=dask
        )
    except RiskScoreError as error:
        raise click.ClickException(str(error)) from error


for command in (*upkeep.COMMANDS, *subject_upkeep.COMMANDS, agreements, keys):
    main.add_command(command)


def read_settings(environ: Mapping[str, str]) -> Settings:
    try:
        return settings_from(environ)
    except RiskScoreError as error:
        raise click.ClickException(str(error)) from error


def make_first_key(settings: Settings) -> Path | None:
    from riskscore.first_key import first_key  # noqa: PLC0415 - see above

    try:
        return first_key(settings)
    except RiskScoreError as error:
        raise click.ClickException(str(error)) from error


def become_gunicorn(environ: Mapping[str, str]) -> None:
    """Put the server in this process's place, so that nothing imported here stays with it."""
    sys.stdout.flush()
    gunicorn = ["-m", "gunicorn", "-c", "python:riskscore.server", "riskscore.wsgi:app"]
    os.execve(sys.executable, [sys.executable, *gunicorn], environ)  # noqa: S606 - our own words
