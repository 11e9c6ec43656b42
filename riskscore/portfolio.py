"""What ``riskscore score`` does: find the model, score the file, tell how far it is."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

import click

from riskscore.decision.portfolio import Tally, ignored, refused_path, score_portfolio
from riskscore.errors import DataUnreadable, UnknownProduct
from riskscore.model.bundle import CHAMPION, load_champion

SILENT = 2.0  # seconds; a shorter run needs no progress


def score(folder: Path, file: Path, out: Path, *, reasons: bool, language: str) -> None:
    """Score a file with a product's champion, on every core.

    Raises:
        StartupError: The bundle cannot be trusted.
        DataError: The file cannot be used, or the other one not be written.
    """
    bundle = load_champion(folder, threads=os.cpu_count() or 1)
    if not out.parent.is_dir():
        raise DataUnreadable(f"{out}: its folder does not exist")
    undeclared = ignored(bundle.product, file)
    if undeclared:
        click.echo(f"ignored, not declared: {', '.join(undeclared)}", err=True)
    tally = told(score_portfolio(bundle, file, out, reasons=reasons, language=language))
    click.echo(f"{tally.scored} scored: {out}; {tally.refused} refused: {refused_path(out)}")


def folder_of(models: Path, product: str) -> Path:
    """Find a product in a models folder.

    Raises:
        UnknownProduct: It is not there.
    """
    folder = models / product.replace("-", "_")
    if not folder.is_dir():
        known = sorted(each.parent.name for each in models.glob(f"*/{CHAMPION}"))
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
