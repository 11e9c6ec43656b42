"""What ``riskscore score`` does: find the model, score the file, tell how far it is."""

import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import click

from riskscore.decision.ledger import Judge
from riskscore.decision.portfolio import Tally, score_portfolio
from riskscore.decision.portfolio_files import ignored, refused_path
from riskscore.decision.recorded import record_portfolio
from riskscore.errors import BundleNotFound, DataUnreadable, UnknownProduct
from riskscore.history.agreements import read_agreements
from riskscore.history.lookups import declared
from riskscore.history.plan import plan
from riskscore.history.store import Store, store_from
from riskscore.model.bundle import CHAMPION, MODELS, Bundle, check_models, load_champion
from riskscore.product.declared import looked_at
from riskscore.product.headers import listed
from riskscore.product.outputs import check_output
from riskscore.product.past import Past
from riskscore.product.spec import Product
from riskscore.settings import Settings
from riskscore.upkeep import declarations

SILENT = 2.0  # seconds; a shorter run needs no progress


class Before(NamedTuple):
    """An event folder, and what the settings say of the past.

    Attributes:
        known_since: Since when the folder is whole; None to go by its first events.
        agreements: The file of those by which tenants see each other's history.
    """

    events: Path
    known_since: int | None
    agreements: Path | None = None


def score(  # noqa: PLR0913 - keywords of one command
    folder: Path,
    file: Path,
    out: Path,
    *,
    before: Before | None = None,
    reasons: bool,
    language: str,
    dask: str | None = None,
) -> None:
    """Score a file with a product's champion, on every core, or on a Dask cluster.

    Where there are events before, every row sees those that were received before it.

    Raises:
        StartupError: The bundle cannot be trusted.
        DataError: The file cannot be used, or the other one not be written.
        ClusterFailed: The cluster cannot be used.
    """
    bundle = ready(folder, file, out, before.events if before else None)
    past = None if before is None else past_of(bundle.product, file, before, folder.parent)
    if dask is None:
        tallies = score_portfolio(bundle, file, out, past=past, reasons=reasons, language=language)
        summed_up("scored", followed(tallies), out)
        return
    from riskscore.cluster import connected  # noqa: PLC0415 - an extra of its own
    from riskscore.decision.portfolio_spread import score_on  # noqa: PLC0415 - likewise

    told, where = language if reasons else None, folder / bundle.version
    with connected(dask) as client:
        tallies = score_on(client, bundle, where, file, out, past=past, language=told)
        summed_up("scored", followed(tallies), out)


def record(  # noqa: PLR0913 - keywords of one command
    folder: Path,
    file: Path,
    out: Path,
    *,
    settings: Settings,
    tenant: str,
    reasons: bool,
    language: str,
) -> None:
    """Decide every row of a file in its order, and remember it as if it was sent over HTTP.

    Nothing is answered without the store, even where the service may.

    Raises:
        StartupError: The bundle, the store or a setting cannot be trusted.
        DataError: The file cannot be used, or the other one not be written.
        StoreUnavailable: The store failed; what was decided before is in the output.
    """
    bundle = ready(folder, file, out)
    with closing(store_from(replace(settings, on_store_failure="refuse"))) as store:
        store.open()
        judge = judge_of(bundle, store, folder.parent)
        tallies = record_portfolio(
            judge, file, out, tenant=tenant, reasons=reasons, language=language
        )
        summed_up("recorded", followed(tallies, kept=out), out)


def judge_of(bundle: Bundle, store: Store, models: Path) -> Judge:
    product = bundle.product
    known = {**looked_at(product, (models,)), product.name: product}
    others, dialect = declared(product, known), store.engine.dialect
    asked = plan(product, others, dialect, watching=declarations(models).values())
    return Judge(bundle=bundle, plan=asked, store=store)


def ready(folder: Path, file: Path, out: Path, *read: Path | None) -> Bundle:
    """Prove that the files may be written, load the model, and say what of the file is ignored."""
    for written in (out, refused_path(out)):
        check_output(written, file, *read)
    bundle = load_champion(folder)
    undeclared = ignored(bundle.product, file)
    if undeclared:
        click.echo(f"note: {file}: undeclared columns ignored: {listed(undeclared)}", err=True)
    return bundle


def summed_up(done: str, tally: Tally, out: Path) -> None:
    refused = f"{tally.refused} refused: {refused_path(out)}" if tally.refused else "none refused"
    click.echo(f"{tally.scored} {done}: {out}; {refused}")


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
            agreements=read_agreements(before.agreements) if before.agreements else (),
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


def followed(tallies: Generator[Tally], *, kept: Path | None = None) -> Tally:
    """Follow a run to its end; after two seconds, tell once a second how far it is.

    Args:
        tallies: The run.
        kept: Where the rows done so far are found when the run ends early.
    """
    tally, told_at = Tally(), time.monotonic() + SILENT
    try:
        with closing(tallies):
            for tally in tallies:
                if time.monotonic() >= told_at:
                    click.echo(f"{tally.rows} rows", err=True)
                    told_at = time.monotonic() + 1
    except BaseException:
        if kept and tally.scored:
            click.echo(f"stopped: {tally.scored} rows are recorded, answered in {kept}", err=True)
        raise
    return tally
