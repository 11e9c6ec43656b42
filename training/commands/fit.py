"""``python -m training fit``."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import click

from riskscore.model.bundle import load_bundle
from riskscore.product.toml import read_product
from training.asked import Asked, read_costs
from training.commands.search import search_options
from training.datasets import Source
from training.errors import OptionInvalid
from training.failures import one_line_errors
from training.holdout import Holdout
from training.options import (
    EXISTING,
    FOLDER,
    Events,
    TableFile,
    beside,
    event_options,
    label_option,
    seed_option,
    time_option,
)
from training.pipeline import Order, fit
from training.tables import show_fit
from training.tune import Search
from training.unlabelled import Unlabelled


@click.command("fit")
@click.argument("product", metavar="PRODUCT_OR_TOML")
@click.argument("data", type=EXISTING)
@click.option("--out", type=FOLDER, required=True, help="The models folder.")
@label_option
@time_option
@event_options
@click.option(
    "--holdout",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Share of the rows, the latest ones, to set aside before anything else.",
)
@click.option("--holdout-out", type=TableFile(), help="Where they go: csv or parquet.")
@click.option("--version", help="Name of the version; the next number unless given.")
@click.option(
    "--weighed/--plain",
    default=False,
    show_default=True,
    help="Event folder: weigh found frauds by lateness and source; leave out rows too young.",
)
@click.option(
    "--unlabelled",
    type=click.Choice(get_args(Unlabelled)),
    default="clean",
    show_default=True,
    help="Event folder: what rows are of which no fraud was found.",
)
@click.option(
    "--found-share",
    type=click.FloatRange(0, 1, min_open=True),
    help="With --unlabelled pu: the share of frauds that is ever found; estimated unless told.",
)
@click.option(
    "--latest", is_flag=True, help="Set thresholds on the latest rows, test slice included."
)
@click.option(
    "--threshold-confidence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Set thresholds so that new rows stay within the asked rates with this confidence.",
)
@click.option(
    "--alerts-per-day",
    type=click.FloatRange(0, min_open=True),
    help="Start review where so many applications a day are looked at.",
)
@click.option(
    "--costs",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A TOML file of costs, by which both thresholds are set.",
)
@click.option(
    "--thresholds-by",
    metavar="FEATURE",
    help="A protected input: hit the innocent of each of its groups equally often. A decision then "
    "depends on a protected attribute, which may be unlawful.",
)
@search_options
@click.option(
    "--external-memory",
    is_flag=True,
    help="Keep rows on disk (in TMPDIR) that memory does not hold; a labelled table only.",
)
@click.option(
    "--dask",
    metavar="SCHEDULER",
    help="Grow the trees on a cluster: tcp://HOST:PORT, local, or local:N for N workers here.",
)
@seed_option
def fit_command(
    product: str,
    data: Path,
    out: Path,
    label: str,
    time: str | None,
    events: Events,
    holdout: float | None,
    holdout_out: Path | None,
    version: str | None,
    weighed: bool,
    unlabelled: Unlabelled,
    found_share: float | None,
    latest: bool,
    threshold_confidence: float | None,
    alerts_per_day: float | None,
    costs: Path | None,
    thresholds_by: str | None,
    search: Search | None,
    external_memory: bool,
    dask: str | None,
    seed: int,
) -> None:
    """Fit a product on labelled rows and write its bundle.

    PRODUCT_OR_TOML is the name of a built-in product or a product file. DATA is a labelled table
    (csv, parquet or a folder of parquet parts) or an event folder.
    """
    with one_line_errors():
        source = Source(
            path=data,
            label=label,
            time=time,
            weighed=weighed,
            unlabelled=unlabelled,
            declarations=beside(product),
            **events._asdict(),
        )
        aside = _holdout(holdout, holdout_out)
        asked = _asked(alerts_per_day, costs)
        asked = replace(
            asked,
            found_share=found_share,
            latest=latest,
            confidence=threshold_confidence,
            by=thresholds_by,
        )
        order = Order(
            models=out,
            seed=seed,
            version=version,
            holdout=aside,
            asked=asked,
            search=search,
            external_memory=external_memory,
            dask=dask,
        )
        bundle = load_bundle(fit(read_product(product), source, order))
    show_fit(bundle, out)


def _asked(alerts_per_day: float | None, costs: Path | None) -> Asked:
    if alerts_per_day is not None and costs is not None:
        raise OptionInvalid("--alerts-per-day and --costs: expected at most one")
    return Asked(alerts_per_day=alerts_per_day, costs=None if costs is None else read_costs(costs))


def _holdout(share: float | None, out: Path | None) -> Holdout | None:
    if share is None and out is None:
        return None
    if share is None or out is None:
        raise OptionInvalid("--holdout and --holdout-out: expected both or none")
    return Holdout(share, out)
