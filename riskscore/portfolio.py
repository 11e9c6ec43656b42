"""What ``riskscore score`` does: find the model, score the file, tell how far it is."""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import click

from riskscore.decision.portfolio import Tally, score_portfolio
from riskscore.decision.portfolio_files import ignored, refused_path
from riskscore.errors import BundleNotFound, DataUnreadable, UnknownProduct
from riskscore.model.bundle import CHAMPION, MODELS, check_models, load_champion
from riskscore.product.declared import looked_at
from riskscore.product.headers import listed
from riskscore.product.outputs import check_output
from riskscore.product.past import Past
from riskscore.product.spec import Product

SILENT = 2.0  # seconds; a shorter run needs no progress


class Before(NamedTuple):
    """An event folder, and since when it is whole; None to go by its first events."""

    events: Path
    known_since: int | None


def score(  # noqa: PLR0913 - keywords of one command
    folder: Path,
    file: Path,
    out: Path,
    *,
    before: Before | None = None,
    reasons: bool,
    language: str,
) -> None:
    """Score a file with a product's champion, on every core.

    Where there are events before, every row sees those that were received before it.

    Raises:
        StartupError: The bundle cannot be trusted.
        DataError: The file cannot be used, or the other one not be written.
    """
    for written in (out, refused_path(out)):
        check_output(written, file, before.events if before else None)
    bundle = load_champion(folder, threads=os.cpu_count() or 1)
    undeclared = ignored(bundle.product, file)
    if undeclared:
        click.echo(f"note: {file}: undeclared columns ignored: {listed(undeclared)}", err=True)
    past = None if before is None else past_of(bundle.product, file, before, folder.parent)
    tallies = score_portfolio(bundle, file, out, past=past, reasons=reasons, language=language)
    tally = told(tallies)
    refused = f"{tally.refused} refused: {refused_path(out)}" if tally.refused else "none refused"
    click.echo(f"{tally.scored} scored: {out}; {refused}")


def past_of(product: Product, file: Path, before: Before, models: Path) -> Past | None:
    """Replay what each row of a file sees of an event folder.

    Raises:
        DataError: The folder or the file cannot be used.
        ProductInvalid: A column looks at something that nobody declares.
    """
    if not before.events.is_dir():
        raise DataUnreadable(f"{before.events}: expected a folder of event files")
    if not product.history:
        return None
    from riskscore.history.replay import Replay, replay  # noqa: PLC0415 - an extra of its own

    return replay(
        Replay(
            product=product,
            events=before.events,
            looked_at=looked_at(product, (models,)),
            asking=file,
            known_since=before.known_since,
        )
    )


def folder_of(models: Path, product: str) -> Path:
    """Find a product in a models folder.

    Raises:
        UnknownProduct: It is not there.
        BundleNotFound: It is a folder of one product, or of none.
    """
    check_models(models)
    folder = models / product.replace("-", "_")
    if not folder.is_dir():
        known = sorted(each.parent.name for each in models.glob(f"*/{CHAMPION}"))
        if not known:
            raise BundleNotFound(f"{models}: no product in it: expected {MODELS}")
        raise UnknownProduct(f"{product}: not in {models}; expected one of {', '.join(known)}")
    return folder


def told(tallies: Iterable[Tally]) -> Tally:
    """Follow a run to its end; after two seconds, tell once a second how far it is."""
    tally, told_at = Tally(), time.monotonic() + SILENT
    for tally in tallies:
        if time.monotonic() >= told_at:
            click.echo(f"{tally.rows} rows", err=True)
            told_at = time.monotonic() + 1
    return tally
